//! Puts together the directory that the server embeds: `target/site/dev` or `target/site/release`.
//!
//! It holds every file under its hashed name, for a release with `.br` and `.gz` beside it, and `manifest.tsv`:
//! one line per file with its logical name, file name, content type and hash, separated by tabs. The build script
//! of the server reads that table, which is why it is not a format that would need a parser there.

use std::{
    collections::BTreeSet,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};

use crate::{
    process::{root, step},
    site::{self, Published},
    wasm::{self, Profile},
};

/// What the islands, the glue and the style sheet may weigh together, in bytes compressed with brotli.
const BUDGET: usize = 140_000;

/// A finished directory of assets.
pub(crate) struct Site {
    /// Where it is; what `PIM_PORTAL_SITE` names when the server is built.
    pub(crate) directory: PathBuf,
    /// What is in it.
    weights: Vec<Weight>,
}

/// One file and what it costs a browser.
struct Weight {
    /// Its logical name.
    name: String,
    /// Bytes as they are.
    raw: usize,
    /// Bytes after brotli at its highest level; `None` where the file is not worth compressing or in a dev build.
    brotli: Option<usize>,
}

/// Builds the islands and puts together what the portal embeds. For a release it prints what each file costs a browser, and fails
/// where that is over the budget.
pub(crate) fn build(profile: Profile) -> Result<Site> {
    let pkg = wasm::build(profile)?;
    if profile == Profile::Dev {
        return assemble(&pkg, profile);
    }
    step(
        "Compressing the assets",
        "They are embedded as brotli and gzip too, so that serving them costs nothing.",
    );
    let site = assemble(&pkg, profile)?;
    site.weigh()?;
    Ok(site)
}

/// Publishes `pkg` (the output of wasm-bindgen), the style sheet and the icons.
fn assemble(pkg: &Path, profile: Profile) -> Result<Site> {
    let directory = root().join("target/site").join(profile.site());
    let mut sources = site::read_tree(&root())?;
    sources.extend(site::read_directory(pkg)?);
    let published = site::publish(sources)?;

    fs::create_dir_all(&directory)?;
    let mut keep = BTreeSet::from([directory.join("manifest.tsv")]);
    let mut weights = Vec::new();
    for asset in &published {
        let path = directory.join(&asset.file);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        write_if_changed(&path, &asset.bytes)?;
        keep.insert(path.clone());
        let mut weight = Weight { name: asset.logical.clone(), raw: asset.bytes.len(), brotli: None };
        if profile == Profile::Release && compressible(asset.content_type) {
            let brotli = brotli(&asset.bytes)?;
            weight.brotli = Some(brotli.len());
            for (suffix, bytes) in [("br", brotli), ("gz", gzip(&asset.bytes)?)] {
                let path = PathBuf::from(format!("{}.{suffix}", path.display()));
                write_if_changed(&path, &bytes)?;
                keep.insert(path);
            }
        }
        weights.push(weight);
    }
    remove_others(&directory, &keep)?;
    // Last, and only when something changed: its time stamp is what makes cargo embed the assets again.
    write_if_changed(&directory.join("manifest.tsv"), manifest(&published).as_bytes())?;
    Ok(Site { directory, weights })
}

impl Site {
    /// Prints what each file costs a browser; fails when those of the budget cost more than that.
    fn weigh(&self) -> Result<()> {
        println!("\n    {:<24} {:>10} {:>10}", "bytes", "raw", "brotli");
        for weight in &self.weights {
            let brotli = weight.brotli.map_or_else(|| "-".into(), |bytes| bytes.to_string());
            println!("    {:<24} {:>10} {:>10}", weight.name, weight.raw, brotli);
        }
        let budgeted = budgeted(&self.weights);
        println!("    {:<24} {:>10} {budgeted:>10}   (budget {BUDGET})", "islands, glue, CSS", "");
        within_budget(budgeted)
    }
}

/// Bytes that count against [`BUDGET`]: scripts, WebAssembly and style sheet, compressed.
fn budgeted(weights: &[Weight]) -> usize {
    let counts = |name: &str| {
        Path::new(name)
            .extension()
            .is_some_and(|extension| ["js", "wasm", "css"].iter().any(|counted| extension == *counted))
    };
    let counted = weights.iter().filter(|weight| counts(&weight.name));
    counted.map(|weight| weight.brotli.unwrap_or(weight.raw)).sum()
}

fn within_budget(bytes: usize) -> Result<()> {
    if bytes > BUDGET {
        bail!(
            "what a browser loads (islands, glue and CSS) is {bytes} bytes in brotli, {} over the budget of {BUDGET}",
            bytes - BUDGET
        );
    }
    Ok(())
}

fn manifest(published: &[Published]) -> String {
    let line = |asset: &Published| {
        format!("{}\t{}\t{}\t{}\n", asset.logical, asset.file, asset.content_type, asset.hash)
    };
    published.iter().map(line).collect()
}

fn compressible(content_type: &str) -> bool {
    !matches!(content_type, "image/png" | "application/octet-stream")
}

fn brotli(bytes: &[u8]) -> Result<Vec<u8>> {
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: 11,
        lgwin: 22,
        size_hint: bytes.len(),
        ..Default::default()
    };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut &*bytes, &mut compressed, &parameters)?;
    Ok(compressed)
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

fn write_if_changed(path: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

/// Removes what an earlier build left behind.
fn remove_others(directory: &Path, keep: &BTreeSet<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            remove_others(&path, keep)?;
        } else if !keep.contains(&path) {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weight(name: &str, raw: usize, brotli: Option<usize>) -> Weight {
        Weight { name: name.to_owned(), raw, brotli }
    }

    #[test]
    fn scripts_webassembly_and_styles_count_compressed_where_they_are() {
        let weights = [
            weight("app_bg.wasm", 200_000, Some(90_000)),
            weight("app.js", 40_000, Some(6_000)),
            weight("boot.js", 2_000, None),
            weight("app.css", 20_000, Some(4_000)),
            weight("icon.svg", 300, Some(200)),
            weight("icon-512.png", 9_000, None),
        ];
        assert_eq!(budgeted(&weights), 102_000);
    }

    #[test]
    fn a_byte_over_the_budget_fails() {
        assert!(within_budget(BUDGET).is_ok());
        let error = within_budget(BUDGET + 1).expect_err("over the budget").to_string();
        assert!(error.ends_with("is 140001 bytes in brotli, 1 over the budget of 140000"), "{error}");
    }
}
