//! What Trunk leaves undone in `index.html`: called by it after each build.

use std::fs;
use std::path::PathBuf;

use crate::run::{self, Outcome};

const WORKER: &str = "netpol-worker_loader.js";
const SCRIPTS: &str = "script-src 'self'";
const CONNECTIONS: &str = "connect-src 'self'";

/// Writes the hashed name of the worker into the page, and makes room for Trunk's live reload where it is there.
pub fn finish() -> Outcome {
    let folder =
        std::env::var_os("TRUNK_STAGING_DIR").map(PathBuf::from).ok_or("Trunk calls this after a build")?;
    let mut names = Vec::new();
    for entry in run::at(&folder, fs::read_dir(&folder))? {
        names.push(run::at(&folder, entry)?.file_name().to_string_lossy().into_owned());
    }
    let path = folder.join("index.html");
    let html = run::at(&path, fs::read_to_string(&path))?;
    run::at(&path, fs::write(&path, finished(&html, &names)?))
}

fn finished(html: &str, names: &[String]) -> Outcome<String> {
    let mut workers =
        names.iter().filter(|name| name.starts_with("netpol-worker-") && name.ends_with("_loader.js"));
    let worker = match (workers.next(), workers.next()) {
        (Some(worker), None) => worker,
        _ => return Err("the build should hold one worker; remove `dist` and build again".into()),
    };
    if !html.contains(WORKER) {
        return Err(format!("index.html should name the worker `{WORKER}`").into());
    }
    let html = html.replace(WORKER, worker);
    // Only `trunk serve` adds this script, which opens a socket.
    if html.contains("__TRUNK_WS_BASE__") {
        let open = html.replace(SCRIPTS, &format!("{SCRIPTS} 'unsafe-inline'"));
        return Ok(open.replace(CONNECTIONS, &format!("{CONNECTIONS} ws: wss:")));
    }
    Ok(html)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source() -> String {
        fs::read_to_string(run::root().join("index.html")).unwrap()
    }

    fn names() -> Vec<String> {
        ["index.html", "netpol-worker-0af3_loader.js", "netpol-worker-0af3.js"].map(str::to_owned).to_vec()
    }

    #[test]
    fn the_page_names_the_worker_that_was_built() {
        let html = finished(&source(), &names()).unwrap();
        assert!(html.contains("<meta name=\"netpol-worker\" content=\"./netpol-worker-0af3_loader.js\">"));
        assert!(!html.contains("ws:"));
        assert!(finished(&source(), &[]).is_err());
        assert!(finished("", &names()).is_err());
    }

    #[test]
    fn live_reload_is_let_through_only_where_it_is() {
        let html = finished(&format!("{}<script>__TRUNK_WS_BASE__</script>", source()), &names()).unwrap();
        assert!(html.contains("script-src 'self' 'unsafe-inline' "));
        assert!(html.contains("connect-src 'self' ws: wss:;"));
    }

    #[test]
    fn the_policy_allows_no_script_in_the_page_and_no_other_origin() {
        let html = source();
        let policy =
            html.split("Content-Security-Policy\" content=\"").nth(1).unwrap().split('"').next().unwrap();
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
