//! Text that is made to hurt: each gets an answer, on a small stack, without a panic.
//!
//! Sizes are those of the issue in release builds; debug builds, which are ten times slower, get a fifth of it.

use std::thread;

use netpol_manifest::{Document, read};

/// What WebAssembly gives a thread.
const STACK: usize = 1 << 20;

const MEGABYTES: usize = if cfg!(debug_assertions) { 1_000_000 } else { 5_000_000 };

/// Reads on a thread with a small stack. Of texts of this size, what takes time by their square takes hours.
fn read_on_small_stack(name: &str, text: String) -> Document {
    let reader = thread::Builder::new().stack_size(STACK).spawn(move || {
        let document = read(&text);
        for diagnostic in &document.diagnostics {
            assert!(text.get(diagnostic.place.start()..diagnostic.place.end()).is_some());
            assert!(diagnostic.message.len() < 1000);
        }
        document
    });
    let Ok(Ok(document)) = reader.map(thread::JoinHandle::join) else { unreachable!("{name}: panicked") };
    document
}

/// Reads, and expects this diagnostic first and no object.
fn refused(name: &str, text: String, code: &str) {
    let document = read_on_small_stack(name, text);
    assert!(document.objects.is_empty(), "{name}");
    assert_eq!(document.diagnostics.first().map(|diagnostic| diagnostic.code.as_str()), Some(code), "{name}");
    assert!(document.diagnostics.len() <= 501, "{name}");
}

fn repeated(piece: &str) -> String {
    piece.repeat(MEGABYTES / piece.len())
}

/// Bytes without order, the same in each run.
fn noise(mut pick: impl FnMut(u64) -> char) -> String {
    let mut state = 88_172_645_463_325_252_u64;
    let mut text = String::new();
    while text.len() < MEGABYTES {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        text.push(pick(state));
    }
    text
}

#[test]
fn nesting() {
    for levels in [65, 20_000, 100_000] {
        for piece in ["{a: ", "[", "- ", "[{a: ", "{\"a\":"] {
            refused(piece, piece.repeat(levels), "too-deep");
        }
    }
    refused("keys that are mappings", "? ".repeat(100_000), "invalid-key");
    let stairs: String = (0..1000).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
    refused("stairs", stairs, "too-deep");
    refused("one line", repeated("["), "too-deep");
    refused("one line", repeated("- "), "too-deep");
    // Closing brackets make it a valid text.
    refused("closed", "[".repeat(100) + &"]".repeat(100), "too-deep");
}

#[test]
fn nesting_that_is_not_too_deep() {
    let lists = "{apiVersion: v1, kind: List, items: [".repeat(30);
    let text =
        format!("{lists}{{apiVersion: v1, kind: Namespace, metadata: {{name: a}}}}{}", "]}".repeat(30));
    assert_eq!(read_on_small_stack("lists in lists", text).objects.len(), 1);
}

#[test]
fn aliases() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..30 {
        let items = vec![format!("*a{}", level - 1); 9].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{items}]\n"));
    }
    refused("bomb", bomb, "alias-expansion");
    let large = "x".repeat(1_000_000);
    refused(
        "large scalar",
        format!("a: &a {large}\nb: [{}]", vec!["*a"; 10_000].join(",")),
        "alias-expansion",
    );
    let labels: String = (0..1000).map(|number| format!("    k{number}: *a\n")).collect();
    let pod = format!("apiVersion: v1\nkind: Pod\nmetadata:\n  name: &a {large}\n  labels:\n{labels}");
    refused("large label", pod, "alias-expansion");
    refused("many", format!("- &a x\n{}", "- *a\n".repeat(400_000)), "alias-expansion");
    let chain: String = (0..100).map(|level| format!("- &a{} [*a{level}]\n", level + 1)).collect();
    refused("chain", format!("- &a0 x\n{chain}"), "too-deep");
    refused("itself", "&a [*a]".to_owned(), "recursive-alias");
    refused("anchors in a row", "&a".repeat(500_000), "not-an-object");
    refused("aliases in a row", "*a".repeat(500_000), "yaml-syntax");
    refused("both in a row", "&a *a ".repeat(100_000), "yaml-syntax");
    let merges: String = (0..1000)
        .map(|number| format!("k{number}: &m{number}\n  a{number}: 1\n  <<: *m{}\n", number.max(1) - 1))
        .collect();
    refused("merges", merges, "recursive-alias");
    let sources = vec!["*a"; 10_000].join(", ");
    let fields: String = (0..100).map(|number| format!("  k{number}: 1\n")).collect();
    refused("wide merge", format!("a: &a\n{fields}b:\n  <<: [{sources}]\n"), "alias-expansion");
}

#[test]
fn much_of_one_thing() {
    refused("letters", repeated("a"), "not-an-object");
    refused("items", repeated("- \n"), "not-an-object");
    refused("key", format!("{}: 1", repeated("k")), "yaml-syntax");
    refused("quoted key", format!("\"{}\": 1", repeated("k")), "yaml-syntax");
    refused("flow key", format!("{{{}: 1}}", repeated("k")), "missing-kind");
    refused("twice", repeated("a: 1\n"), "duplicate-key");
    refused("keys", (0..100_000).map(|number| format!("k{number}: 1\n")).collect(), "missing-kind");
    refused("pairs", repeated("a: "), "yaml-syntax");
    refused("no keys", repeated(":\n"), "invalid-key");
    refused("open quote", format!("a: \"{}", repeated("x ")), "yaml-syntax");
    refused("block", format!("a: |\n{}", repeated("  x\n")), "missing-kind");
    refused("lines", format!("a: >\n{}", repeated("  x\n\n")), "missing-kind");
    refused("digits", format!("a: {}", repeated("1")), "missing-kind");
    refused("underscores", format!("a: 1{}", repeated("_")), "missing-kind");
    refused("base64", format!("a: !!binary {}", repeated("AAAA")), "missing-kind");
    refused("closing", repeated("]"), "yaml-syntax");
    refused("documents", repeated("{a: 1} "), "yaml-syntax");
    refused("open list", format!("[{}", "a,".repeat(600_000)), "too-large");
    refused("open JSON", format!("{{\"a\": [{}", "{},".repeat(600_000)), "too-large");
}

#[test]
fn special_characters() {
    refused("directives", repeated("%A\n"), "yaml-syntax");
    refused("percent", repeated("%"), "yaml-syntax");
    refused("tags", repeated("!"), "yaml-syntax");
    refused("NUL", repeated("\0"), "yaml-syntax");
    refused("tabs", format!("a:\n{}\tb: 1", repeated("\t\n")), "yaml-tab");
    refused("lone surrogates", "{\"a\": \"\\ud83d\", \"b\": \"\\ude00\\ud83d\"}".to_owned(), "missing-kind");
    refused("lone surrogates in YAML", "a: \"\\ud83d\"".to_owned(), "yaml-syntax");
    refused("brackets", repeated("a: [}\n"), "yaml-syntax");
    for text in ["\t", "\r", "\n", " ", "#\n", "\u{feff}"] {
        let document = read_on_small_stack("blank", repeated(text));
        assert!(document.objects.is_empty() && document.diagnostics.is_empty(), "{text:?}");
    }
}

#[test]
fn random_noise() {
    let ascii = noise(|state| if state % 40 == 0 { '\n' } else { char::from((state % 95 + 32) as u8) });
    refused("ASCII", ascii, "yaml-syntax");
    let unicode = noise(|state| char::from_u32((state % 0x11_0000) as u32).unwrap_or('a'));
    assert!(read_on_small_stack("Unicode", unicode).objects.is_empty());
    const STRUCTURE: &[u8] = b"{}[],:-?&*!|>'\"%@`# \n\tab1";
    let structure = noise(|state| char::from(STRUCTURE[(state >> 20) as usize % STRUCTURE.len()]));
    assert!(read_on_small_stack("structure", structure).objects.is_empty());
}

#[test]
fn many_mistakes() {
    let fields: String = (0..100_000).map(|number| format!("  hostNetwor{number}: 1\n")).collect();
    let document = read_on_small_stack(
        "fields",
        format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n{fields}"),
    );
    assert_eq!((document.objects.len(), document.refused.len()), (0, 1));
    assert_eq!(document.diagnostics.len(), 501);
    assert_eq!(document.diagnostics[500].message, "99500 more problems in this document are not shown");
    // A mistake whose message is not kept refuses all the same.
    let containers = format!("[{}{{imag: a}}]", "null, ".repeat(600));
    let pod =
        format!("{{apiVersion: v1, kind: Pod, metadata: {{name: a}}, spec: {{containers: {containers}}}}}");
    assert!(read_on_small_stack("late field", pod).objects.is_empty());
    let labels: String = (0..100_000).map(|number| format!("    k{number}: {number}\n")).collect();
    let pod = format!("apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  labels:\n{labels}");
    refused("labels", pod, "wrong-type");
}

#[test]
fn large_and_sound() {
    let item = "- apiVersion: networking.k8s.io/v1\n  kind: NetworkPolicy\n  metadata: {name: a}\n  spec:\n    \
                podSelector: {matchLabels: {app: é}}\n    ingress:\n    - from: [{podSelector: {}}]\n";
    let item = item.replace('é', "e");
    let count = MEGABYTES / item.len();
    let text = format!("# é\napiVersion: v1\nkind: List\nitems:\n{}", item.repeat(count));
    let document = read_on_small_stack("policies", text.clone());
    assert_eq!(document.objects.len(), count);
    // Places are right to the end of a text whose characters and bytes differ in number.
    let last = document.objects.last().unwrap();
    assert!(text[last.range.start()..].starts_with("apiVersion: networking"));
    assert_eq!(&text[last.metadata.name.range.start()..last.metadata.name.range.end()], "a");
}
