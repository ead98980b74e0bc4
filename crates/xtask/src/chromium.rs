//! The browser that the tests drive, and its driver.

use std::path::{Path, PathBuf};

use crate::run::{self, Outcome, Tools};

const BROWSERS: &[&str] =
    &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
const DRIVERS: &[&str] = &["chromedriver", "chromium-driver"];
const MAC: &str = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";

/// Flags for a browser without a window that talks to nobody but the page under test.
const FLAGS: &[&str] = &[
    "--headless=new",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
];

/// Finds Chromium and its driver, installs them where that can be done, and tells everything that is run of them:
/// `CHROME` and `CHROMEDRIVER`, `WASM_BINDGEN_TEST_WEBDRIVER_JSON` for the test runner of wasm-bindgen and
/// `NETPOL_CHROME_FLAGS`, one flag a line, for the end-to-end tests.
pub fn provide(tools: &mut Tools) -> Outcome {
    let found = locate("CHROME", BROWSERS).zip(locate("CHROMEDRIVER", DRIVERS));
    let (browser, driver) = match found {
        Some(found) => found,
        None => {
            install()?;
            locate("CHROME", BROWSERS).zip(locate("CHROMEDRIVER", DRIVERS)).ok_or(
                "Chromium was installed but is not on the path; set CHROME and CHROMEDRIVER to its programs",
            )?
        }
    };
    let mut flags = FLAGS.to_vec();
    // Chromium refuses to run its sandbox as root.
    if is_root() {
        flags.push("--no-sandbox");
    }
    let json = run::target().join("webdriver.json");
    run::at(&run::target(), std::fs::create_dir_all(run::target()))?;
    run::at(&json, std::fs::write(&json, webdriver_json(&browser, &flags)))?;
    tools.set("CHROME", browser);
    tools.set("CHROMEDRIVER", driver);
    tools.set("WASM_BINDGEN_TEST_WEBDRIVER_JSON", json);
    tools.set("NETPOL_CHROME_FLAGS", flags.join("\n"));
    Ok(())
}

fn locate(variable: &str, names: &[&str]) -> Option<PathBuf> {
    let named = std::env::var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from);
    let mac = (variable == "CHROME").then(|| PathBuf::from(MAC)).filter(|path| path.is_file());
    named.or_else(|| names.iter().find_map(|name| run::find(name))).or(mac)
}

fn install() -> Outcome {
    let packages = ["chromium", "chromium-driver"];
    if !(is_root() && run::find("apt-get").is_some()) {
        return Err(format!(
            "Chromium and its driver are needed for the tests; install them (on Debian: `sudo apt-get install {}`) \
             or set CHROME and CHROMEDRIVER to their programs",
            packages.join(" ")
        )
        .into());
    }
    eprintln!("Installing Chromium and its driver; this happens once");
    let tools = Tools::default();
    let apt = |arguments: &[&str]| {
        run::run(tools.command("apt-get").env("DEBIAN_FRONTEND", "noninteractive").arg("-qq").args(arguments))
    };
    apt(&["update"])?;
    apt(&["install", "--yes", "--no-install-recommends", packages[0], packages[1]])
}

fn is_root() -> bool {
    let id = run::find("id").and_then(|id| std::process::Command::new(id).arg("-u").output().ok());
    id.is_some_and(|output| output.stdout.trim_ascii() == b"0")
}

fn webdriver_json(browser: &Path, flags: &[&str]) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let flags: Vec<String> = flags.iter().map(|flag| quoted(flag)).collect();
    let browser = quoted(&browser.to_string_lossy());
    format!("{{\"goog:chromeOptions\": {{\"binary\": {browser}, \"args\": [{}]}}}}\n", flags.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_driver_is_told_the_browser_and_its_flags() {
        let text = webdriver_json(Path::new(r#"C:\a "b"\chrome"#), &["--one", "--two"]);
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(json["goog:chromeOptions"]["binary"], r#"C:\a "b"\chrome"#);
        assert_eq!(json["goog:chromeOptions"]["args"], serde_json::json!(["--one", "--two"]));
    }
}
