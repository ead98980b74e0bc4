//! The three tools that come from crates.io, each of exactly one version, in a folder of its own outside the checkout.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::run::{self, Outcome, Tools};

/// A program that `cargo install` makes.
#[derive(Debug)]
pub struct Tool {
    /// The program, and the folder's name.
    pub name: &'static str,
    package: &'static str,
    /// Exactly this one is used.
    pub version: &'static str,
    arguments: &'static [&'static str],
    /// So many crates are compiled for it, or nearly so.
    crates: u32,
}

/// Builds and serves the page; 0.22 needs a newer compiler than the project's.
pub const TRUNK: Tool = Tool {
    name: "trunk",
    package: "trunk",
    version: "0.21.14",
    // Without what it would download tools and check for newer versions with.
    arguments: &["--locked", "--no-default-features"],
    crates: 368,
};

/// Makes the JavaScript around WebAssembly; must be of the version of the crate `wasm-bindgen` in Cargo.lock.
pub const WASM_BINDGEN: Tool = Tool {
    name: "wasm-bindgen",
    package: "wasm-bindgen-cli",
    version: "0.2.130",
    // Its lock file names a version that not every mirror has; TLS is for tests of other sites.
    arguments: &["--no-default-features"],
    crates: 149,
};

/// Makes the JavaScript package.
pub const WASM_PACK: Tool =
    Tool { name: "wasm-pack", package: "wasm-pack", version: "0.15.1", arguments: &[], crates: 187 };

const TOLD_EVERY: Duration = Duration::from_secs(20);

/// `wasm-opt` comes with the npm package `binaryen` of this major version, as package.json says.
#[cfg(test)]
const BINARYEN: u32 = 132;

impl Tool {
    /// Puts the tool on the path of what is run, and installs it first where it is missing.
    pub fn provide(&self, tools: &mut Tools) -> Outcome {
        if run::find(self.name).is_some_and(|found| self.is(&found)) {
            return Ok(());
        }
        let folder = folder()?.join(format!("{}-{}", self.name, self.version));
        let bin = folder.join("bin");
        let program = bin.join(format!("{}{}", self.name, std::env::consts::EXE_SUFFIX));
        if !self.is(&program) {
            self.install(&folder, &program)?;
        }
        tools.add(bin);
        Ok(())
    }

    fn is(&self, program: &Path) -> bool {
        let says = run::version(program);
        says.is_some_and(|says| says.split_whitespace().any(|word| word == self.version))
    }

    fn install(&self, folder: &Path, program: &Path) -> Outcome {
        eprintln!("Installing {} {} into {}; this happens once", self.name, self.version, folder.display());
        if run::find("cargo-binstall").is_some() {
            match self.download(folder) {
                Ok(()) if self.is(program) => return Ok(()),
                Ok(()) => eprintln!("  what was downloaded does not run here; it is compiled instead"),
                Err(failure) => eprintln!("  {failure}; it is compiled instead"),
            }
        }
        self.compile(folder)
    }

    fn download(&self, folder: &Path) -> Outcome {
        let mut cargo = Tools::default().command("cargo");
        cargo.args(["binstall", "--no-confirm", "--disable-strategies", "compile", "--root"]).arg(folder);
        // The checkout's own settings are none of the tool's.
        run::run(cargo.arg(format!("{}@{}", self.package, self.version)).current_dir(std::env::temp_dir()))
    }

    fn compile(&self, folder: &Path) -> Outcome {
        let mut cargo = Tools::default().command("cargo");
        cargo.args(["install", self.package, "--version", self.version, "--force", "--root"]);
        cargo.arg(folder).args(self.arguments);
        // Compiled quickly rather than to be quick; and not into the project's own folder.
        cargo.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0").env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
        cargo.env("CARGO_PROFILE_RELEASE_LTO", "off").env("CARGO_PROFILE_RELEASE_DEBUG", "0");
        cargo.env_remove("CARGO_TARGET_DIR").current_dir(std::env::temp_dir());
        self.watched(&mut cargo)
    }

    /// Runs cargo and says from time to time how far it is; what else it prints is shown when it fails.
    fn watched(&self, cargo: &mut Command) -> Outcome {
        let name = run::shown(cargo);
        let started = cargo.stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
        let mut child = started.map_err(|error| format!("`{name}` could not be started: {error}"))?;
        let began = Instant::now();
        let mut told = began;
        let mut compiled = 0;
        let mut printed = Vec::new();
        let lines = child.stderr.take().into_iter().flat_map(|output| BufReader::new(output).lines());
        for line in lines.map_while(Result::ok) {
            if line.trim_start().starts_with("Compiling ") {
                compiled += 1;
                if told.elapsed() >= TOLD_EVERY {
                    told = Instant::now();
                    eprintln!("  {}", self.progress(compiled, began.elapsed()));
                }
            } else {
                printed.push(line);
            }
        }
        let status = child.wait().map_err(|error| format!("`{name}`: {error}"))?;
        if status.success() {
            return Ok(());
        }
        printed.iter().for_each(|line| eprintln!("{line}"));
        Err(format!("`{name}` failed ({status})").into())
    }

    /// How far it is, and how long it takes if it goes on like this.
    fn progress(&self, compiled: u32, elapsed: Duration) -> String {
        let missing = self.crates.saturating_sub(compiled);
        let left = elapsed * missing / compiled.max(1);
        let minutes = left.as_secs().div_ceil(60);
        let left = match minutes {
            0 | 1 => "less than a minute".to_owned(),
            minutes => format!("about {minutes} minutes"),
        };
        format!("{}: {compiled} of about {} crates, {left} left", self.name, self.crates)
    }
}

/// The folder of what is installed for the project, outside the checkout.
pub fn folder() -> Outcome<PathBuf> {
    if let Some(folder) = std::env::var_os("NETPOL_TOOLS").filter(|folder| !folder.is_empty()) {
        return Ok(run::root().join(folder));
    }
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = variable("XDG_CACHE_HOME")
        .or_else(|| variable("LOCALAPPDATA"))
        .or_else(|| variable("HOME").map(|home| home.join(".cache")))
        .ok_or("there is no home folder to install tools into; set NETPOL_TOOLS to a folder")?;
    Ok(cache.join("netpol-playground"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str) -> String {
        std::fs::read_to_string(run::root().join(name)).unwrap()
    }

    #[test]
    fn it_says_how_long_it_takes() {
        let after = |compiled, seconds| WASM_BINDGEN.progress(compiled, Duration::from_secs(seconds));
        assert_eq!(after(49, 98), "wasm-bindgen: 49 of about 149 crates, about 4 minutes left");
        assert_eq!(after(140, 100), "wasm-bindgen: 140 of about 149 crates, less than a minute left");
        assert_eq!(after(160, 100), "wasm-bindgen: 160 of about 149 crates, less than a minute left");
    }

    #[test]
    fn the_tool_and_the_crate_wasm_bindgen_are_of_one_version() {
        let lock = file("Cargo.lock").replace('\r', "");
        let versions: Vec<&str> = lock
            .split("[[package]]\n")
            .filter_map(|package| package.strip_prefix("name = \"wasm-bindgen\"\nversion = \""))
            .filter_map(|rest| rest.split('"').next())
            .collect();
        assert_eq!(versions, [WASM_BINDGEN.version], "change `WASM_BINDGEN` in crates/xtask/src/tools.rs");
    }

    #[test]
    fn trunk_is_told_the_same_versions() {
        let trunk = file("Trunk.toml");
        let lines = [
            format!("trunk-version = \"={}\"", TRUNK.version),
            format!("wasm_bindgen = \"{}\"", WASM_BINDGEN.version),
            format!("wasm_opt = \"version_{BINARYEN}\""),
        ];
        for line in lines {
            assert!(trunk.lines().any(|found| found == line), "Trunk.toml should say `{line}`");
        }
        let packages: serde_json::Value = serde_json::from_str(&file("package.json")).unwrap();
        let binaryen = packages["devDependencies"]["binaryen"].as_str().unwrap();
        assert_eq!(
            binaryen.split('.').next(),
            Some(BINARYEN.to_string().as_str()),
            "package.json and Trunk.toml"
        );
    }

    #[test]
    fn package_json_pins_and_the_lock_names_no_registry() {
        for (folder, key) in [("", "devDependencies"), ("examples/docusaurus/", "dependencies")] {
            let packages = file(&format!("{folder}package.json"));
            let packages: serde_json::Value = serde_json::from_str(&packages).unwrap();
            for (name, version) in packages[key].as_object().unwrap() {
                let version = version.as_str().unwrap();
                assert!(
                    version.starts_with(|first: char| first.is_ascii_digit()),
                    "`{name}` is not pinned: `{version}`"
                );
            }
            assert!(
                !file(&format!("{folder}package-lock.json")).contains("\"resolved\""),
                "install with the .npmrc of the checkout"
            );
        }
    }
}
