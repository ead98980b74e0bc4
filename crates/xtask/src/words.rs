//! What is said in several places is said alike.

use std::fs;
use std::path::PathBuf;

use crate::run;

/// Prints what is read of a live cluster, but for the kinds that come with extensions.
const DUMP: &str = "kubectl get ns,nodes,all,endpointslices,ingress,netpol -A -o yaml";

/// The commands of a text that print objects of all namespaces.
fn dumps(text: &str) -> Vec<&str> {
    let ends = |rest: &str| rest.find(['`', '"', '\n', '\r']).unwrap_or(rest.len());
    text.match_indices("kubectl get ")
        .filter_map(|(start, _)| text.get(start..))
        .filter_map(|rest| rest.get(..ends(rest)))
        .filter(|command| command.contains(" -A"))
        .collect()
}

#[test]
fn one_command_reads_a_cluster() {
    let root = run::root();
    let mut paths = vec![PathBuf::from("README.md")];
    for folder in ["docs", "web/src/components"] {
        let entries = fs::read_dir(root.join(folder)).unwrap();
        paths.extend(entries.map(|entry| PathBuf::from(folder).join(entry.unwrap().file_name())));
    }
    let mut named = Vec::new();
    for path in paths {
        // Pictures and folders hold no commands.
        let Ok(text) = fs::read_to_string(root.join(&path)) else { continue };
        for command in dumps(&text) {
            assert_eq!(command, DUMP, "{}", path.display());
            named.push(path.clone());
        }
    }
    for path in ["README.md", "web/src/components/empty.rs"] {
        assert!(named.contains(&PathBuf::from(path)), "{path} should name the command");
    }
}

#[test]
fn commands_are_found_in_code_and_in_text() {
    let text = "`kubectl get pods -A -o yaml`, \"kubectl get ns -A\" and `kubectl get endpointslices`";
    assert_eq!(dumps(text), ["kubectl get pods -A -o yaml", "kubectl get ns -A"]);
}
