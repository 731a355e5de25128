//! Embeds the files a browser loads: writes a table of `include_bytes!` that `src/assets.rs` includes.
//!
//! `cargo xtask` names a finished directory in `PIM_PORTAL_SITE`, with the islands and compressed copies. Without
//! it, as in a plain `cargo build`, the style sheet and the icons come straight from the source tree; the portal
//! then works and looks as it should, without islands.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

#[path = "../xtask/src/site.rs"]
mod site;

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=../xtask/src/site.rs");
    println!("cargo::rerun-if-env-changed=PIM_PORTAL_SITE");
    let out = PathBuf::from(variable("OUT_DIR")?);
    let table = match variable("PIM_PORTAL_SITE") {
        Ok(site) if !site.is_empty() => embed_site(Path::new(&site))?,
        _ => embed_source_tree(&out)?,
    };
    fs::write(out.join("assets.rs"), format!("&[\n{table}]\n"))
}

/// Embeds what `cargo xtask` put together, following its `manifest.tsv`.
fn embed_site(site: &Path) -> io::Result<String> {
    let manifest = site.join("manifest.tsv");
    println!("cargo::rerun-if-changed={}", manifest.display());
    let mut table = String::new();
    let lines = fs::read_to_string(&manifest).map_err(|error| {
        io::Error::other(format!(
            "PIM_PORTAL_SITE: {}: {error}; `cargo xtask build` makes it",
            manifest.display()
        ))
    })?;
    for line in lines.lines() {
        let fields: Vec<_> = line.split('\t').collect();
        let [logical, file, content_type, hash] = fields[..] else {
            return Err(io::Error::other(format!("manifest.tsv: expected four fields in {line:?}")));
        };
        let path = site.join(file);
        table += &entry(logical, file, content_type, hash, &path);
    }
    Ok(table)
}

/// Embeds `style/` and `public/`, under hashed names, uncompressed.
fn embed_source_tree(out: &Path) -> io::Result<String> {
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR")?).join("..");
    // Cargo looks at a directory's whole content; one that does not exist yet would make it build every time.
    for directory in ["style", "public"].map(|name| root.join(name)).into_iter().filter(|path| path.is_dir())
    {
        println!("cargo::rerun-if-changed={}", directory.display());
    }
    let mut table = String::new();
    for asset in site::publish(site::read_tree(&root)?)? {
        let path = out.join("site").join(&asset.file);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&path, &asset.bytes)?;
        table += &entry(&asset.logical, &asset.file, asset.content_type, &asset.hash, &path);
    }
    Ok(table)
}

fn entry(logical: &str, file: &str, content_type: &str, hash: &str, path: &Path) -> String {
    let include = |path: &Path| format!("include_bytes!({:?})", path.display().to_string());
    let compressed = |suffix: &str| {
        let path = PathBuf::from(format!("{}.{suffix}", path.display()));
        if path.is_file() { format!("Some({})", include(&path)) } else { "None".to_owned() }
    };
    let url = format!("/assets/{file}");
    // Weak: the compressed forms share it, and they are not the same bytes.
    let etag = format!("W/\"{hash}\"");
    format!(
        "    Asset {{ logical: {logical:?}, url: {url:?}, content_type: {content_type:?}, etag: {etag:?}, \
         identity: {}, brotli: {}, gzip: {} }},\n",
        include(path),
        compressed("br"),
        compressed("gz"),
    )
}

#[expect(clippy::disallowed_methods, reason = "cargo speaks to a build script through its environment")]
fn variable(name: &str) -> io::Result<String> {
    env::var(name).map_err(|error| io::Error::other(format!("{name}: {error}")))
}
