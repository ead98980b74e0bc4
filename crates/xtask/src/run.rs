//! Running other programs: from the root of the checkout, with the tools on the path.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Why a command of ours stops: one sentence for the person who ran it.
#[derive(Debug)]
pub struct Failure(String);

/// What every command returns.
pub type Outcome<T = ()> = Result<T, Failure>;

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl From<String> for Failure {
    fn from(sentence: String) -> Self {
        Self(sentence)
    }
}

impl From<&str> for Failure {
    fn from(sentence: &str) -> Self {
        Self(sentence.to_owned())
    }
}

/// Adds the path to what the system says of a file.
pub fn at<T>(path: &Path, result: io::Result<T>) -> Outcome<T> {
    result.map_err(|error| format!("`{}`: {error}", path.display()).into())
}

/// The root of the checkout.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// The folder that cargo builds into.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// Programs are looked for in these folders first.
#[derive(Clone, Debug, Default)]
pub struct Tools {
    folders: Vec<PathBuf>,
    variables: Vec<(String, OsString)>,
}

impl Tools {
    /// Looks in this folder too, before those of earlier.
    pub fn add(&mut self, folder: PathBuf) {
        self.folders.insert(0, folder);
    }

    /// Sets a variable for everything that is run.
    pub fn set(&mut self, name: &str, value: impl Into<OsString>) {
        self.variables.push((name.to_owned(), value.into()));
    }

    /// A program to be run from the root of the checkout.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let path = self.path();
        let program = find_in(&path, program.as_ref()).map_or(program.as_ref().to_owned(), OsString::from);
        let mut command = Command::new(program);
        command.current_dir(root()).env("PATH", path);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    fn path(&self) -> OsString {
        let before = std::env::var_os("PATH").unwrap_or_default();
        let folders = self.folders.iter().cloned().chain(std::env::split_paths(&before));
        std::env::join_paths(folders).unwrap_or(before)
    }
}

/// Where a program is on the path.
pub fn find(program: &str) -> Option<PathBuf> {
    find_in(&std::env::var_os("PATH").unwrap_or_default(), OsStr::new(program))
}

fn find_in(path: &OsStr, program: &OsStr) -> Option<PathBuf> {
    let mut name = program.to_owned();
    name.push(std::env::consts::EXE_SUFFIX);
    let places = std::env::split_paths(path).map(|folder| folder.join(&name));
    // npm is a script of this name on Windows, where `Command` finds only programs.
    let script = Path::new(program).with_extension("cmd");
    let scripts = cfg!(windows).then(|| std::env::split_paths(path).map(move |folder| folder.join(&script)));
    places.chain(scripts.into_iter().flatten()).find(|place| place.is_file())
}

/// Runs it and shows what it prints; fails when it does.
pub fn run(command: &mut Command) -> Outcome {
    let status = command.status().map_err(|error| not_started(command, &error))?;
    if status.success() { Ok(()) } else { Err(format!("`{}` failed ({status})", shown(command)).into()) }
}

/// Runs it in the place of this program, so that who stops the one stops the other; returns only on failure, or on
/// systems where this cannot be.
pub fn become_it(command: &mut Command) -> Outcome {
    #[cfg(unix)]
    {
        let error = std::os::unix::process::CommandExt::exec(command);
        Err(not_started(command, &error))
    }
    #[cfg(not(unix))]
    run(command)
}

/// Runs it and returns what it prints to its standard output; what it prints to the other is shown.
pub fn read(command: &mut Command) -> Outcome<String> {
    let output = command.stderr(Stdio::inherit()).output().map_err(|error| not_started(command, &error))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(format!("`{}` failed ({})", shown(command), output.status).into())
    }
}

/// The standard output of a program that is asked for its version; `None` when it does not start or fails.
pub fn version(program: &Path) -> Option<String> {
    let output = Command::new(program).arg("--version").output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

fn not_started(command: &Command, error: &io::Error) -> Failure {
    format!("`{}` could not be started: {error}", command.get_program().display()).into()
}

/// The command as one would type it.
pub fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}
