//! What Trunk leaves undone in the page: called by it after each build.
//!
//! Trunk puts a hash into every file's name but those of a worker and of the editor. With an old name a browser could
//! start a worker of an earlier version, out of its cache, beside a newer page. And of the editor Trunk knows only the
//! part that the page imports.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;

use crate::bundle;
use crate::run::{self, Outcome};
use crate::size;

/// What Trunk makes of the engine, and what it is called in the page.
const ENGINE: &str = "netpol-wasm";
const WORKER: &str = "netpol-worker";
const PAGE: &str = "netpol-web";
const EDITOR: &str = "editor.js";
const SCRIPTS: &str = "script-src 'self'";
const CONNECTIONS: &str = "connect-src 'self'";

/// Names the origins whose files the page may open.
const ORIGINS: &str = "NETPOL_OPEN_ORIGINS";
const OPENS_NONE: &str = "<meta name=\"netpol-open-origins\" content=\"\">";

/// Stands in the page of `trunk serve`, which opens a socket for its live reload.
const LIVE_RELOAD: &str = "__TRUNK_WS_BASE__";
const SERVICE_WORKER: &str = "service-worker.js";

/// Gives the worker's and the editor's files names of their own, writes the names into the page, and lets the browser
/// keep it; where Trunk's live reload is, makes room for that instead.
pub fn finish() -> Outcome {
    let staging = std::env::var_os("TRUNK_STAGING_DIR").map(PathBuf::from);
    let folder = Folder(staging.ok_or("this is for Trunk to call, after a build")?);
    let html = folder.text("index.html")?;
    let html = worker(&folder, &html)?;
    let html = editor(&folder, &html)?;
    examples(&folder)?;
    let html = opening(&html, &std::env::var(ORIGINS).unwrap_or_default())?;
    let html = if html.contains(LIVE_RELOAD) {
        folder.write(SERVICE_WORKER, source("web/offline/forget.js")?.as_bytes())?;
        with_live_reload(&html)
    } else {
        kept(&folder, &html)?
    };
    folder.write("index.html", html.as_bytes())
}

/// Puts the texts of the examples beside the page, where it fetches them when one is chosen: what the index names, and nothing
/// else that lies there.
fn examples(folder: &Folder) -> Outcome {
    for name in manifests(&source("examples/index.json")?) {
        let name = format!("examples/{name}");
        folder.write(&name, source(&name)?.as_bytes())?;
    }
    Ok(())
}

/// The paths in the index of the examples.
fn manifests(index: &str) -> Vec<&str> {
    index.split('"').skip(1).step_by(2).filter(|value| value.ends_with(".yaml")).collect()
}

/// The page that may open files of these origins, parted by blanks, when somebody says so.
fn opening(html: &str, origins: &str) -> Outcome<String> {
    let origins: Vec<&str> = origins.split_whitespace().collect();
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || ".-:/".contains(letter);
    for origin in &origins {
        let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
        if !host.is_some_and(|host| !host.is_empty() && !host.contains('/') && host.chars().all(is_plain)) {
            return Err(format!("{ORIGINS}: `{origin}` is no origin; write one like `https://host`").into());
        }
    }
    if origins.is_empty() {
        return Ok(html.to_owned());
    }
    let origins = origins.join(" ");
    let html = replaced(html, CONNECTIONS, &format!("{CONNECTIONS} {origins}"))?;
    replaced(&html, OPENS_NONE, &OPENS_NONE.replace("content=\"\"", &format!("content=\"{origins}\"")))
}

/// Writes the service worker, with a version and a list of all files, and the version into the page.
fn kept(folder: &Folder, html: &str) -> Outcome<String> {
    let script = source("web/offline/service-worker.js")?;
    let mut files = Vec::new();
    for name in folder.names()?.into_iter().filter(|name| name != "index.html") {
        files.push((folder.read(&name)?, name));
    }
    let version = hashed("page", &(&script, html, &files));
    let names: Vec<String> = files.iter().map(|(_, name)| format!("{name:?}")).collect();
    let script = replaced(&script, "VERSION = \"\"", &format!("VERSION = \"{version}\""))?;
    let script = replaced(&script, "FILES = []", &format!("FILES = [{}]", names.join(", ")))?;
    folder.write(SERVICE_WORKER, script.as_bytes())?;
    replaced(html, "\"netpol-version\" content=\"\"", &format!("\"netpol-version\" content=\"{version}\""))
}

/// A file of the checkout.
fn source(name: &str) -> Outcome<String> {
    let path = run::root().join(name);
    run::at(&path, fs::read_to_string(&path))
}

/// Gives the engine a name with a hash in it, and a script that starts it as a worker.
fn worker(folder: &Folder, html: &str) -> Outcome<String> {
    let (wasm, script) = (format!("{ENGINE}_bg.wasm"), format!("{ENGINE}.js"));
    let (code, text) = (folder.read(&wasm)?, folder.text(&script)?);
    let loader = source("web/worker.js")?;
    let stem = hashed(WORKER, &(&code, &text, &loader));
    folder.write(&format!("{stem}_bg.wasm"), &code)?;
    folder.write(&format!("{stem}.js"), replaced(&text, &wasm, &format!("{stem}_bg.wasm"))?.as_bytes())?;
    folder
        .write(&format!("{stem}_loader.js"), replaced(&loader, &script, &format!("{stem}.js"))?.as_bytes())?;
    folder.remove(&wasm)?;
    folder.remove(&script)?;
    replaced(html, &format!("{WORKER}_loader.js"), &format!("{stem}_loader.js"))
}

/// Puts all parts of the editor into a folder with a hash in its name, and has the page import it from there.
fn editor(folder: &Folder, html: &str) -> Outcome<String> {
    let old = linked(html, |name| name.ends_with(EDITOR)).ok_or("the page should name the editor")?;
    let script = linked(html, |name| name.starts_with(PAGE) && name.ends_with(".js"));
    let script = script.ok_or("the page should name its script")?;
    let mut parts = Vec::new();
    for name in bundle::scripts(&bundle::generated())? {
        let path = bundle::generated().join(&name);
        parts.push((run::at(&path, fs::read_to_string(&path))?, name));
    }
    let home = hashed("editor", &parts);
    for (text, name) in &parts {
        folder.write(&format!("{home}/{name}"), text.as_bytes())?;
    }
    let new = format!("{home}/{EDITOR}");
    let text = folder.text(script)?;
    let text = importing(&text, old, &new)?;
    let renamed_script = format!("{}.js", hashed(PAGE, &(script, &text)));
    folder.write(&renamed_script, text.as_bytes())?;
    folder.remove(script)?;
    folder.remove_all("snippets")?;

    // The browser need not read the editor to know what it imports.
    let link =
        |name: &str| format!("<link rel=\"modulepreload\" href=\"./{name}\" crossorigin=\"anonymous\">");
    let mut links = link(&new);
    for (_, name) in parts.iter().filter(|(_, name)| name == EDITOR) {
        let text = folder.text(&format!("{home}/{name}"))?;
        for import in size::imported(&text) {
            links.push_str(&link(&size::resolved(&new, import)));
        }
    }
    if !html.contains(&link(old)) {
        return Err("the page should preload the editor".into());
    }
    Ok(html.replace(&link(old), &links).replace(script, &renamed_script))
}

/// The script with another place of a module that it imports. What WebAssembly calls the module stays as it is.
fn importing(script: &str, old: &str, new: &str) -> Outcome<String> {
    let mut text = script.to_owned();
    for quote in ["'", "\""] {
        text = text.replace(&format!("from {quote}./{old}{quote}"), &format!("from {quote}./{new}{quote}"));
    }
    if text == script {
        return Err(format!("the page's script should import `{old}`").into());
    }
    Ok(text)
}

/// The first relative link of the page that is like this, without the `./` before it.
fn linked(html: &str, is_like: impl Fn(&str) -> bool) -> Option<&str> {
    let values = html.split('"').skip(1).step_by(2);
    values.filter_map(|value| value.strip_prefix("./")).find(|value| is_like(value))
}

/// The folder of the built page.
struct Folder(PathBuf);

impl Folder {
    fn read(&self, name: &str) -> Outcome<Vec<u8>> {
        let path = self.0.join(name);
        run::at(&path, fs::read(&path))
    }

    fn text(&self, name: &str) -> Outcome<String> {
        Ok(String::from_utf8_lossy(&self.read(name)?).into_owned())
    }

    /// All files, sorted, by their paths within it.
    fn names(&self) -> Outcome<Vec<String>> {
        let mut names = Vec::new();
        let mut unread = vec![String::new()];
        while let Some(within) = unread.pop() {
            let path = self.0.join(&within);
            for entry in run::at(&path, fs::read_dir(&path))? {
                let entry = run::at(&path, entry)?;
                let name = format!("{within}{}", entry.file_name().to_string_lossy());
                if run::at(&path, entry.file_type())?.is_dir() {
                    unread.push(format!("{name}/"));
                } else {
                    names.push(name);
                }
            }
        }
        names.sort();
        Ok(names)
    }

    fn write(&self, name: &str, content: &[u8]) -> Outcome {
        let path = self.0.join(name);
        let within = path.parent().unwrap_or(&self.0);
        run::at(within, fs::create_dir_all(within))?;
        run::at(&path, fs::write(&path, content))
    }

    fn remove(&self, name: &str) -> Outcome {
        let path = self.0.join(name);
        run::at(&path, fs::remove_file(&path))
    }

    fn remove_all(&self, name: &str) -> Outcome {
        let path = self.0.join(name);
        run::at(&path, fs::remove_dir_all(&path))
    }
}

/// A name with a hash of what stands behind it.
fn hashed(name: &str, content: &impl Hash) -> String {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    format!("{name}-{:016x}", hasher.finish())
}

fn replaced(text: &str, old: &str, new: &str) -> Outcome<String> {
    if text.contains(old) {
        Ok(text.replace(old, new))
    } else {
        Err(format!("the page or one of its workers should name `{old}`").into())
    }
}

/// The page with room for what Trunk adds to it.
fn with_live_reload(html: &str) -> String {
    let html = html.replace(SCRIPTS, &format!("{SCRIPTS} 'unsafe-inline'"));
    html.replace(CONNECTIONS, &format!("{CONNECTIONS} ws: wss:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> String {
        source("index.html").unwrap()
    }

    #[test]
    fn the_page_names_the_worker_that_was_built() {
        let path = run::target().join("test-of-worker");
        let folder = Folder(path.clone());
        let built = |code: &str| {
            folder.write("netpol-wasm_bg.wasm", code.as_bytes()).unwrap();
            folder.write("netpol-wasm.js", b"new URL('netpol-wasm_bg.wasm', import.meta.url)").unwrap();
            let html = worker(&folder, &page()).unwrap();
            let loader =
                html.split("name=\"netpol-worker\" content=\"./").nth(1).unwrap().split('"').next().unwrap();
            let stem = loader.strip_suffix("_loader.js").unwrap();
            assert!(folder.text(loader).unwrap().contains(&format!("from \"./{stem}.js\"")));
            assert!(folder.text(&format!("{stem}.js")).unwrap().contains(&format!("'{stem}_bg.wasm'")));
            assert_eq!(folder.text(&format!("{stem}_bg.wasm")).unwrap(), code);
            assert!(!folder.names().unwrap().iter().any(|name| name.starts_with("netpol-wasm")));
            loader.to_owned()
        };
        let first = built("a");
        assert_eq!(built("a"), first);
        assert_ne!(built("b"), first);
        fs::remove_dir_all(path).unwrap();
    }

    #[test]
    fn what_webassembly_calls_the_editor_stays() {
        let script =
            "import { a } from './s/editor.js';import * as b from \"./s/editor.js\"\n\"./s/editor.js\": b,";
        let moved =
            "import { a } from './e/editor.js';import * as b from \"./e/editor.js\"\n\"./s/editor.js\": b,";
        assert_eq!(importing(script, "s/editor.js", "e/editor.js").unwrap(), moved);
        assert!(importing("", "s/editor.js", "e/editor.js").is_err());
    }

    #[test]
    fn the_manifests_of_the_index_are_found() {
        let index: serde_json::Value = serde_json::from_str(&source("examples/index.json").unwrap()).unwrap();
        let examples =
            index["groups"].as_array().unwrap().iter().flat_map(|group| group["examples"].as_array());
        let files = examples.flatten().flat_map(|example| example["files"].as_array().unwrap());
        let wanted: Vec<&str> = files.map(|file| file.as_str().unwrap()).collect();
        assert!(!wanted.is_empty());
        assert_eq!(manifests(&source("examples/index.json").unwrap()), wanted);
    }

    #[test]
    fn live_reload_is_let_through() {
        let html = with_live_reload(&page());
        assert!(html.contains("script-src 'self' 'unsafe-inline' "));
        assert!(html.contains("connect-src 'self' ws: wss:;"));
    }

    #[test]
    fn the_service_worker_and_the_page_name_one_version_of_all_files() {
        let path = run::target().join("test-of-kept");
        let folder = Folder(path.clone());
        folder.write("index.html", b"").unwrap();
        folder.write("examples/shop.yaml", b"kind: Pod").unwrap();
        let kept = || {
            let html = kept(&folder, &page()).unwrap();
            let script = folder.text(SERVICE_WORKER).unwrap();
            folder.remove(SERVICE_WORKER).unwrap();
            let version =
                html.split("netpol-version\" content=\"").nth(1).unwrap().split('"').next().unwrap();
            assert!(script.contains(&format!("const VERSION = \"{version}\";")), "{script}");
            assert!(script.contains("const FILES = [\"examples/shop.yaml\"];"), "{script}");
            version.to_owned()
        };
        let before = kept();
        assert_eq!(kept(), before);
        folder.write("examples/shop.yaml", b"kind: Deployment").unwrap();
        assert_ne!(kept(), before);
        fs::remove_dir_all(path).unwrap();
    }

    #[test]
    fn files_of_another_origin_are_opened_only_where_the_build_says_so() {
        assert_eq!(opening(&page(), " ").unwrap(), page());
        let html = opening(&page(), "https://raw.example.org http://127.0.0.1:81").unwrap();
        assert!(html.contains("connect-src 'self' https://raw.example.org http://127.0.0.1:81;"));
        assert!(html.contains("origins\" content=\"https://raw.example.org http://127.0.0.1:81\""));
        for wrong in ["*", "https://", "https://host/path", "host", "https://host;script-src", "data:"] {
            assert!(opening(&page(), wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_policy_allows_no_script_in_the_page_and_no_other_origin() {
        let html = page();
        let policy = html.split("Content-Security-Policy\" content=\"").nth(1).unwrap();
        let policy = policy.split('"').next().unwrap();
        let mut scripts = None;
        for directive in policy.split("; ") {
            let (name, sources) = directive.split_once(' ').unwrap();
            if name == "script-src" {
                scripts = Some(sources);
            }
            assert!(!sources.contains("http") && !sources.contains('*'), "`{directive}`");
        }
        assert_eq!(scripts, Some("'self' 'wasm-unsafe-eval'"));
        assert!(policy.starts_with("default-src 'self'; "));
        assert_eq!(html.matches("<script").count(), html.matches("<script data-trunk").count());
    }
}
