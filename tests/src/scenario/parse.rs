//! Markdown to scenarios.

use std::fs;
use std::path::Path;

use netpol_view::contract::{Options, SourceFile};

/// A section with at least one expectation.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The headings that lead to it, outermost first.
    pub title: String,
    /// The manifests, inherited ones first.
    pub files: Vec<SourceFile>,
    /// How to analyse.
    pub options: Options,
    /// What is expected.
    pub expectations: Vec<Block>,
}

/// A fenced block.
#[derive(Clone, Debug)]
pub struct Block {
    /// The words behind the fence.
    pub info: Vec<String>,
    /// The line of its first line of text.
    pub line: usize,
    /// What is in it.
    pub text: String,
}

impl Block {
    /// The first word: what kind of block it is.
    pub fn kind(&self) -> &str {
        self.info.first().map_or("", String::as_str)
    }

    /// Whether a word stands behind the first one.
    pub fn has(&self, word: &str) -> bool {
        self.info.iter().skip(1).any(|found| found == word)
    }

    /// The words behind the first one.
    pub fn words(&self) -> &[String] {
        self.info.get(1..).unwrap_or_default()
    }

    /// The lines that say something, with their numbers.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let numbered = self.text.lines().enumerate().map(|(at, line)| (self.line + at, line.trim()));
        numbered.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
    }
}

/// A heading and what stands under it.
#[derive(Clone, Debug, Default)]
struct Section {
    level: usize,
    line: usize,
    title: String,
    blocks: Vec<Block>,
}

/// The scenarios of one file.
///
/// # Errors
/// What is wrong with its form, each with its line.
pub fn parse(text: &str) -> Result<Vec<Scenario>, Vec<(usize, String)>> {
    let sections = sections(text).map_err(|complaint| vec![complaint])?;
    let mut complaints = Vec::new();
    let mut scenarios = Vec::new();
    for (at, section) in sections.iter().enumerate() {
        let chain = chain(&sections, at);
        let mut scenario = Scenario {
            title: chain.iter().map(|section| section.title.as_str()).collect::<Vec<_>>().join(" / "),
            files: Vec::new(),
            options: Options::default(),
            expectations: Vec::new(),
        };
        for around in &chain {
            for block in &around.blocks {
                let own = std::ptr::eq(*around, section);
                if let Err(complaint) = add(&mut scenario, block, own) {
                    complaints.push((block.line, complaint));
                }
            }
        }
        let is_parent = sections.get(at + 1).is_some_and(|next| next.level > section.level);
        if !scenario.expectations.is_empty() {
            scenarios.push(scenario);
        } else if !is_parent {
            complaints.push((section.line, format!("`{}` expects nothing", section.title)));
        }
    }
    complaints.dedup();
    if complaints.is_empty() { Ok(scenarios) } else { Err(complaints) }
}

fn add(scenario: &mut Scenario, block: &Block, own: bool) -> Result<(), String> {
    match block.kind() {
        "yaml" | "json" => {
            let name = block.info.get(1).cloned().unwrap_or_else(|| format!("line-{}.yaml", block.line));
            let mut text = block.text.replace('→', "\t");
            if block.has("crlf") {
                text = text.replace('\n', "\r\n");
            }
            if block.has("cr") {
                text = text.replace('\n', "\r");
            }
            if block.has("bom") {
                text.insert(0, '\u{feff}');
            }
            put(scenario, SourceFile { name, text });
            Ok(())
        }
        "include" => {
            for (_, path) in block.lines() {
                let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
                let text = fs::read_to_string(root.join(path)).map_err(|error| format!("{path}: {error}"))?;
                let name = path.rsplit('/').next().unwrap_or(path).to_owned();
                put(scenario, SourceFile { name, text });
            }
            Ok(())
        }
        "options" => {
            let mut merged = serde_json::to_value(scenario.options).map_err(|error| error.to_string())?;
            let changes: serde_json::Value =
                serde_yaml::from_str(&block.text).map_err(|error| error.to_string())?;
            for (key, value) in changes.as_object().ok_or("options are `name: value`")? {
                if merged.get(key).is_none() {
                    return Err(format!("there is no option `{key}`"));
                }
                merged[key] = value.clone();
            }
            scenario.options = serde_json::from_value(merged).map_err(|error| error.to_string())?;
            Ok(())
        }
        "matrix" | "peers" | "policies" | "problems" | "findings" | "fix" | "caveats" | "probes"
        | "tests" | "uncertain" => {
            if own {
                scenario.expectations.push(block.clone());
            }
            Ok(())
        }
        "text" => Ok(()),
        other => Err(format!("`{other}` is no kind of block")),
    }
}

/// Adds a file, or changes the one of its name.
fn put(scenario: &mut Scenario, file: SourceFile) {
    match scenario.files.iter_mut().find(|found| found.name == file.name) {
        Some(found) => *found = file,
        None => scenario.files.push(file),
    }
}

/// The sections around one, outermost first, and itself.
fn chain(sections: &[Section], at: usize) -> Vec<&Section> {
    let mut found = vec![&sections[at]];
    let mut level = sections[at].level;
    for section in sections[..at].iter().rev() {
        if section.level < level {
            level = section.level;
            found.push(section);
        }
    }
    found.reverse();
    found
}

fn sections(text: &str) -> Result<Vec<Section>, (usize, String)> {
    let mut sections: Vec<Section> = Vec::new();
    let mut lines = text.lines().enumerate().map(|(at, line)| (at + 1, line));
    while let Some((number, line)) = lines.next() {
        if let Some(fence) = line.strip_prefix("```") {
            let mut block = Block {
                info: fence.split_whitespace().map(str::to_owned).collect(),
                line: number + 1,
                text: String::new(),
            };
            loop {
                match lines.next() {
                    Some((_, "```")) => break,
                    Some((_, line)) => {
                        block.text.push_str(line);
                        block.text.push('\n');
                    }
                    None => return Err((number, "the block is not closed".to_owned())),
                }
            }
            let section = sections.last_mut().ok_or((number, "a block before any heading".to_owned()))?;
            section.blocks.push(block);
        } else if line.starts_with('#') {
            let title = line.trim_start_matches('#');
            sections.push(Section {
                level: line.len() - title.len(),
                line: number,
                title: title.trim().to_owned(),
                blocks: Vec::new(),
            });
        }
    }
    if sections.is_empty() {
        return Err((1, "there is no heading".to_owned()));
    }
    Ok(sections)
}

#[cfg(test)]
mod tests {
    use netpol_view::contract::IpBlockPods;

    use super::parse;

    #[test]
    fn sections_inherit_what_stands_around_them() {
        let text = "# A\n```yaml a.yaml\nx: 1\n```\n## B\n```options\nipBlockPods: never\n```\n\
                    ```matrix\n* -> *: all\n```\n## C\n```yaml a.yaml\nx: 2\n```\n```peers\na\n```\n";
        let found = parse(text).expect("the text is in form");
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].title.as_str(), found[1].title.as_str()), ("A / B", "A / C"));
        assert_eq!((found[0].files[0].text.as_str(), found[1].files[0].text.as_str()), ("x: 1\n", "x: 2\n"));
        assert_eq!(found[0].options.ip_block_pods, IpBlockPods::Never);
        assert_eq!(found[1].options.ip_block_pods, IpBlockPods::KnownAddresses);
        assert_eq!(found[0].expectations[0].lines().collect::<Vec<_>>(), [(10, "* -> *: all")]);
    }

    #[test]
    fn what_is_out_of_form_is_told() {
        assert!(parse("# A\n```matrx\n```\n").is_err());
        assert!(parse("# A\n## B\nnothing\n").is_err());
        assert!(parse("# A\n```options\nipBlockPod: never\n```\n```peers\n```\n").is_err());
    }
}
