//! The files a browser loads: their logical names, their content hashes, and the references between them.
//!
//! Two builds need these rules and must agree on them, so they share this one module, which uses nothing but
//! `std`: xtask (with the WebAssembly part) and the build script of the server (style sheet and icons, also when
//! no WebAssembly was built). A *logical* name is what the code says, `app.css`; a *file* name carries the hash
//! of its content, `app-9c1185a5c5e9fc54.css`, and may therefore be cached for ever.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

/// A file as the source tree or wasm-bindgen gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    /// Path below the site, with `/`: `app.css`, `icons/entra.svg`.
    pub(crate) logical: String,
    /// Its content.
    pub(crate) bytes: Vec<u8>,
}

/// A file as it is published: named after its content, with its references rewritten to published names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Published {
    /// The name the code asks for.
    pub(crate) logical: String,
    /// The name the browser asks for.
    pub(crate) file: String,
    /// The `content-type` header.
    pub(crate) content_type: &'static str,
    /// Sixteen hexadecimal digits.
    pub(crate) hash: String,
    /// Its content.
    pub(crate) bytes: Vec<u8>,
}

/// Reads `style/*.css` as one bundle, `app.css`, and every file below `public/`.
///
/// The bundle follows the `@import` lines of `style/main.css` where that file exists, and otherwise the order of
/// the file names. A directory that does not exist counts as empty.
pub(crate) fn read_tree(root: &Path) -> io::Result<Vec<Source>> {
    let mut sources = Vec::new();
    let css = bundle_css(&root.join("style"))?;
    if !css.is_empty() {
        sources.push(Source { logical: "app.css".into(), bytes: css.into_bytes() });
    }
    sources.extend(read_directory(&root.join("public"))?);
    Ok(sources)
}

/// Reads every file below `directory`, sorted by name; files that begin with a dot are left out.
pub(crate) fn read_directory(directory: &Path) -> io::Result<Vec<Source>> {
    fn walk(directory: &Path, prefix: &str, into: &mut Vec<Source>) -> io::Result<()> {
        for path in sorted_entries(directory)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.starts_with('.') {
                continue;
            }
            let logical = format!("{prefix}{name}");
            if path.is_dir() {
                walk(&path, &format!("{logical}/"), into)?;
            } else {
                into.push(Source { logical, bytes: fs::read(&path)? });
            }
        }
        Ok(())
    }
    let mut sources = Vec::new();
    walk(directory, "", &mut sources)?;
    Ok(sources)
}

/// Names every file after its content and rewrites the references between them, innermost first.
///
/// A reference is another file's logical name in quotes or in `url(…)`, with or without `./`, as in
/// `import "./app.js"`; only files at the top of the site may refer to others. `boot.js` starts the WebAssembly
/// part and is left out where there is none. Fails where files refer to each other in a circle.
pub(crate) fn publish(mut sources: Vec<Source>) -> io::Result<Vec<Published>> {
    if !sources.iter().any(|source| source.logical == "app.js") {
        sources.retain(|source| source.logical != "boot.js");
    }
    let names: Vec<String> = sources.iter().map(|source| source.logical.clone()).collect();
    let mut published: BTreeMap<String, Published> = BTreeMap::new();
    while !sources.is_empty() {
        let (ready, waiting): (Vec<_>, Vec<_>) = sources.into_iter().partition(|source| {
            names.iter().all(|name| published.contains_key(name) || !refers_to(source, name))
        });
        if ready.is_empty() {
            let circle: Vec<_> = waiting.into_iter().map(|source| source.logical).collect();
            return Err(io::Error::other(format!("these files refer to each other: {}", circle.join(", "))));
        }
        for source in ready {
            let source = rewrite(source, &published);
            let hash = content_hash(&source.bytes);
            let file = hashed_name(&source.logical, &hash);
            let content_type = content_type(&source.logical);
            let logical = source.logical;
            published.insert(
                logical.clone(),
                Published { logical, file, content_type, hash, bytes: source.bytes },
            );
        }
        sources = waiting;
    }
    Ok(published.into_values().collect())
}

/// The `content-type` that goes with a file name.
pub(crate) fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// FNV-1a over 64 bits: enough to tell two versions of our own file apart, and short to write down.
fn content_hash(bytes: &[u8]) -> String {
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

fn hashed_name(logical: &str, hash: &str) -> String {
    match logical.rsplit_once('.') {
        Some((stem, extension)) => format!("{stem}-{hash}.{extension}"),
        None => format!("{logical}-{hash}"),
    }
}

fn may_refer(logical: &str) -> bool {
    let path = Path::new(logical);
    !logical.contains('/')
        && path.extension().is_some_and(|extension| extension == "js" || extension == "css")
}

/// Every way in which a file may write a reference, as (before, after).
const REFERENCES: [(&str, &str); 7] =
    [("\"./", "\""), ("'./", "'"), ("\"", "\""), ("'", "'"), ("`./", "`"), ("(./", ")"), ("(", ")")];

fn refers_to(source: &Source, name: &str) -> bool {
    source.logical != name
        && may_refer(&source.logical)
        && std::str::from_utf8(&source.bytes).is_ok_and(|text| {
            REFERENCES.iter().any(|(before, after)| text.contains(&format!("{before}{name}{after}")))
        })
}

fn rewrite(source: Source, published: &BTreeMap<String, Published>) -> Source {
    if !may_refer(&source.logical) {
        return source;
    }
    let Ok(mut text) = String::from_utf8(source.bytes.clone()) else { return source };
    for target in published.values() {
        for (before, after) in REFERENCES {
            text = text.replace(
                &format!("{before}{}{after}", target.logical),
                &format!("{before}{}{after}", target.file),
            );
        }
    }
    Source { logical: source.logical, bytes: text.into_bytes() }
}

fn bundle_css(style: &Path) -> io::Result<String> {
    let main = style.join("main.css");
    if !main.is_file() {
        let sheets = sorted_entries(style)?;
        let sheets =
            sheets.iter().filter(|path| path.extension().is_some_and(|extension| extension == "css"));
        return sheets.map(fs::read_to_string).collect();
    }
    let mut bundle = String::new();
    for line in fs::read_to_string(main)?.lines() {
        match imported(line) {
            Some(name) => bundle.push_str(&fs::read_to_string(style.join(name))?),
            None => bundle.push_str(line),
        }
        bundle.push('\n');
    }
    Ok(bundle)
}

/// The file that an `@import "name.css";` or `@import url("name.css");` line names.
fn imported(line: &str) -> Option<&str> {
    let rest = line.trim().strip_prefix("@import")?.trim().strip_suffix(';')?.trim();
    let rest = rest.strip_prefix("url(").and_then(|rest| rest.strip_suffix(')')).unwrap_or(rest);
    Some(rest.trim_matches(['"', '\'']).trim_start_matches("./"))
}

fn sorted_entries(directory: &Path) -> io::Result<Vec<PathBuf>> {
    if !directory.is_dir() {
        return Ok(Vec::new());
    }
    let mut paths = fs::read_dir(directory)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(logical: &str, text: &str) -> Source {
        Source { logical: logical.into(), bytes: text.into() }
    }

    fn published(sources: Vec<Source>) -> BTreeMap<String, Published> {
        publish(sources).expect("no circle").into_iter().map(|asset| (asset.logical.clone(), asset)).collect()
    }

    fn text<'a>(assets: &'a BTreeMap<String, Published>, logical: &str) -> &'a str {
        std::str::from_utf8(&assets[logical].bytes).expect("text")
    }

    #[test]
    fn references_follow_the_hashed_names() {
        let assets = published(vec![
            source("boot.js", "import init from \"./app.js\"; new URL(\"./app_bg.wasm\", import.meta.url)"),
            source(
                "app.js",
                "import { a } from './snippets/x/inline0.js'; new URL('app_bg.wasm', import.meta.url)",
            ),
            source("app_bg.wasm", "\0asm"),
            source("snippets/x/inline0.js", "export const a = 1"),
            source(
                "app.css",
                ".a { background: url(icons/a.svg) } .b { background: url(\"./icons/a.svg\") }",
            ),
            source("icons/a.svg", "<svg/>"),
        ]);
        let file = |logical: &str| assets[logical].file.as_str();
        assert_eq!(
            text(&assets, "boot.js"),
            format!(
                "import init from \"./{}\"; new URL(\"./{}\", import.meta.url)",
                file("app.js"),
                file("app_bg.wasm")
            )
        );
        assert_eq!(
            text(&assets, "app.js"),
            format!(
                "import {{ a }} from './{}'; new URL('{}', import.meta.url)",
                file("snippets/x/inline0.js"),
                file("app_bg.wasm")
            )
        );
        let icon = file("icons/a.svg");
        assert_eq!(
            text(&assets, "app.css"),
            format!(".a {{ background: url({icon}) }} .b {{ background: url(\"./{icon}\") }}")
        );
        assert!(icon.starts_with("icons/a-"), "{icon}");
    }

    #[test]
    fn a_changed_file_changes_the_name_of_every_file_that_refers_to_it() {
        let site = |wasm: &str| {
            published(vec![
                source("boot.js", "import \"./app.js\""),
                source("app.js", "new URL('app_bg.wasm', import.meta.url)"),
                source("app_bg.wasm", wasm),
                source("app.css", "a {}"),
            ])
        };
        let (before, after) = (site("one"), site("two"));
        for logical in ["app_bg.wasm", "app.js", "boot.js"] {
            assert_ne!(before[logical].file, after[logical].file, "{logical}");
        }
        assert_eq!(before["app.css"], after["app.css"]);
    }

    #[test]
    fn without_islands_nothing_tries_to_start_them() {
        let assets = published(vec![source("boot.js", "import \"./app.js\""), source("app.css", "a {}")]);
        assert_eq!(assets.keys().collect::<Vec<_>>(), ["app.css"]);
    }

    #[test]
    fn a_circle_is_refused() {
        let error =
            publish(vec![source("app.js", "import './other.js'"), source("other.js", "import './app.js'")])
                .expect_err("neither can be named first");
        assert_eq!(error.to_string(), "these files refer to each other: app.js, other.js");
    }

    #[test]
    fn the_style_sheet_is_one_bundle() {
        let tree = tempfile::tempdir().expect("a directory");
        let style = tree.path().join("style");
        fs::create_dir(&style).expect("created");
        fs::write(style.join("b.css"), "b {}\n").expect("written");
        fs::write(style.join("a.css"), "a {}\n").expect("written");
        let bundle =
            || String::from_utf8(read_tree(tree.path()).expect("read").remove(0).bytes).expect("text");
        assert_eq!(bundle(), "a {}\nb {}\n");
        fs::write(style.join("main.css"), "@import \"b.css\";\n@import url('./a.css');\nc {}\n")
            .expect("written");
        assert_eq!(bundle(), "b {}\n\na {}\n\nc {}\n");
    }

    #[test]
    fn a_tree_without_style_and_icons_is_empty() {
        let tree = tempfile::tempdir().expect("a directory");
        assert_eq!(read_tree(tree.path()).expect("read"), []);
    }
}
