//! What Trunk leaves undone in the page: called by it after each build.
//!
//! Trunk puts a hash into every file's name but those of a worker. With the old name a browser could start a worker
//! of an earlier version, out of its cache, beside a newer page.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;

use crate::run::{self, Outcome};

const WORKER: &str = "netpol-worker";
const SCRIPTS: &str = "script-src 'self'";
const CONNECTIONS: &str = "connect-src 'self'";

/// Gives the worker's files names of their own, writes the name into the page, and makes room for Trunk's live reload
/// where it is there.
pub fn finish() -> Outcome {
    let staging = std::env::var_os("TRUNK_STAGING_DIR").map(PathBuf::from);
    let folder = staging.ok_or("this is for Trunk to call, after a build")?;
    let read = |name: String| {
        let path = folder.join(name);
        run::at(&path, fs::read(&path))
    };
    let text = |name: String| -> Outcome<String> { Ok(String::from_utf8_lossy(&read(name)?).into_owned()) };
    let write = |name: String, content: &[u8]| {
        let path = folder.join(name);
        run::at(&path, fs::write(&path, content))
    };
    let remove = |name: String| {
        let path = folder.join(name);
        run::at(&path, fs::remove_file(&path))
    };

    let wasm = read(format!("{WORKER}_bg.wasm"))?;
    let script = text(format!("{WORKER}.js"))?;
    let loader = text(format!("{WORKER}_loader.js"))?;
    let stem = hashed(&wasm, &script);
    write(format!("{stem}_bg.wasm"), &wasm)?;
    write(format!("{stem}.js"), renamed(&script, "_bg.wasm", &stem)?.as_bytes())?;
    write(format!("{stem}_loader.js"), renamed(&loader, ".js", &stem)?.as_bytes())?;
    for end in ["_bg.wasm", ".js", "_loader.js"] {
        remove(format!("{WORKER}{end}"))?;
    }

    let html = renamed(&text("index.html".to_owned())?, "_loader.js", &stem)?;
    write("index.html".to_owned(), with_live_reload(html).as_bytes())
}

/// The worker's name with a hash of what it is made of.
fn hashed(wasm: &[u8], script: &str) -> String {
    let mut hasher = DefaultHasher::new();
    wasm.hash(&mut hasher);
    script.hash(&mut hasher);
    format!("{WORKER}-{:016x}", hasher.finish())
}

/// The text with the new name of one of the worker's files.
fn renamed(text: &str, end: &str, stem: &str) -> Outcome<String> {
    let old = format!("{WORKER}{end}");
    if text.contains(&old) {
        Ok(text.replace(&old, &format!("{stem}{end}")))
    } else {
        Err(format!("the page or its worker should name `{old}`").into())
    }
}

/// Only `trunk serve` adds its script, which opens a socket.
fn with_live_reload(html: String) -> String {
    if !html.contains("__TRUNK_WS_BASE__") {
        return html;
    }
    let html = html.replace(SCRIPTS, &format!("{SCRIPTS} 'unsafe-inline'"));
    html.replace(CONNECTIONS, &format!("{CONNECTIONS} ws: wss:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source() -> String {
        fs::read_to_string(run::root().join("index.html")).unwrap()
    }

    #[test]
    fn the_page_names_the_worker_that_was_built() {
        let html = renamed(&source(), "_loader.js", "netpol-worker-0af3").unwrap();
        assert!(html.contains("<meta name=\"netpol-worker\" content=\"./netpol-worker-0af3_loader.js\">"));
        assert!(renamed("", "_loader.js", "netpol-worker-0af3").is_err());
        assert_ne!(hashed(b"a", "b"), hashed(b"a", "c"));
        assert_ne!(hashed(b"a", "b"), hashed(b"b", "b"));
    }

    #[test]
    fn live_reload_is_let_through_only_where_it_is() {
        assert_eq!(with_live_reload(source()), source());
        let html = with_live_reload(format!("{}<script>__TRUNK_WS_BASE__</script>", source()));
        assert!(html.contains("script-src 'self' 'unsafe-inline' "));
        assert!(html.contains("connect-src 'self' ws: wss:;"));
    }

    #[test]
    fn the_policy_allows_no_script_in_the_page_and_no_other_origin() {
        let html = source();
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
