//! The form of the declarations; `netpol-labs` has the same for its own.

/// One line for a comment of one line, one line for each property, and properties two spaces in.
pub(crate) fn tidy(text: &str) -> String {
    let text = text.replace(", }", ",\n}");
    let mut lines = text.lines();
    let mut tidied = String::new();
    let mut inside = false;
    while let Some(line) = lines.next() {
        let mut line = line.trim_end().to_owned();
        if line == "/**" {
            let comment: Vec<&str> = lines.by_ref().take_while(|line| *line != " */").collect();
            line = match comment.as_slice() {
                [only] => format!("/**{} */", only.trim_start_matches(" *")),
                several => format!("/**\n{}\n */", several.join("\n")),
            };
        }
        inside &= !line.starts_with('}');
        let space = if inside { "  " } else { "" };
        for line in line.split('\n') {
            tidied.push_str(&format!("{}{line}\n", if line.is_empty() { "" } else { space }));
        }
        inside |= line.starts_with("export") && line.ends_with('{');
    }
    tidied
}
