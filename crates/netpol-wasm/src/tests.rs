//! The boundary, tested where it is: in WebAssembly, under Node and in browsers. What an analysis says is tested
//! natively.

use js_sys::{Array, JSON, Object, Reflect, TypeError, Uint8Array, Uint32Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::{Playground, analyze, grade, memory};

const POLICY: &str = "
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  ingress:
  - from: [{podSelector: {matchLabels: {app: front}}}]
    ports: [{port: 80}]
";

fn files(text: &str) -> JsValue {
    let file = Object::new();
    Reflect::set(&file, &"name".into(), &"a.yaml".into()).unwrap();
    Reflect::set(&file, &"text".into(), &text.into()).unwrap();
    Array::of1(&file).into()
}

fn get(value: &JsValue, name: &str) -> JsValue {
    Reflect::get(value, &name.into()).unwrap()
}

fn length(value: &JsValue, name: &str) -> u32 {
    Array::from(&get(value, name)).length()
}

fn message<T>(result: Result<T, JsValue>) -> String {
    let error = result.err().expect("it should throw");
    error.dyn_into::<TypeError>().expect("a TypeError").message().into()
}

fn json(text: &str) -> JsValue {
    JSON::parse(text).unwrap()
}

#[wasm_bindgen_test]
fn the_matrix_is_a_typed_array_of_one_cell_for_each_pair() {
    let analysis = analyze(&files(POLICY), &JsValue::UNDEFINED).unwrap();
    let peers = length(&analysis, "peers");
    assert!(peers >= 2, "{peers} peers");
    let cells: Uint32Array = get(&analysis, "cells").dyn_into().unwrap();
    assert_eq!(cells.length(), peers * peers);
    let sets = length(&analysis, "connections");
    assert!(cells.to_vec().iter().all(|cell| *cell < sets));
    let uncertain: Uint8Array = get(&analysis, "uncertain").dyn_into().unwrap();
    assert_eq!(uncertain.length(), peers * peers);
    assert!(uncertain.to_vec().iter().all(|how| *how <= 2));
    assert_eq!(length(&analysis, "policies"), 1);
}

#[wasm_bindgen_test]
fn the_matrix_by_classes_expands_to_the_cells() {
    let analysis = analyze(&files(POLICY), &JsValue::UNDEFINED).unwrap();
    let matrix = get(&analysis, "matrix");
    let numbers = |name: &str| get(&matrix, name).dyn_into::<Uint32Array>().unwrap().to_vec();
    let bytes = |name: &str| get(&matrix, name).dyn_into::<Uint8Array>().unwrap().to_vec();
    let (class_of, of_classes, alone) = (numbers("classOf"), numbers("cells"), bytes("alone"));
    let count = get(&matrix, "count").as_f64().unwrap() as u32;
    assert_eq!(bytes("uncertain").len(), of_classes.len());
    let mut expanded = Vec::new();
    for (source, from) in class_of.iter().enumerate() {
        for (destination, to) in class_of.iter().enumerate() {
            let itself = source == destination && alone[source] == 1;
            expanded.push(if itself { 1 } else { of_classes[(from * count + to) as usize] });
        }
    }
    assert_eq!(expanded, get(&analysis, "cells").unchecked_into::<Uint32Array>().to_vec());
}

#[wasm_bindgen_test]
fn findings_of_a_rule_share_what_is_said_of_it() {
    let policy = POLICY.replace("ingress:", "policyTypes: [Ingress, Egress]\n  ingress:");
    let analysis = analyze(&files(&policy), &JsValue::UNDEFINED).unwrap();
    let rules = Array::from(&get(&analysis, "rules"));
    let findings = Array::from(&get(&analysis, "findings"));
    assert!(findings.length() > 0);
    for finding in findings {
        let rule = rules.iter().find(|rule| get(rule, "code") == get(&finding, "code")).unwrap();
        assert!(Object::is(&get(&finding, "references"), &get(&rule, "references")));
        assert_eq!(get(&finding, "help").as_string(), get(&rule, "help").as_string());
    }
}

#[wasm_bindgen_test]
fn labels_are_plain_objects_and_what_is_missing_is_not_there() {
    let analysis = analyze(&files(POLICY), &JsValue::UNDEFINED).unwrap();
    let peers = Array::from(&get(&analysis, "peers"));
    let external = peers.iter().find(|peer| get(peer, "type") == "external").expect("an external peer");
    assert!(!Reflect::has(&external, &"labels".into()).unwrap());
    let labels: Vec<JsValue> =
        peers.iter().map(|peer| get(&peer, "labels")).filter(JsValue::is_object).collect();
    assert!(
        labels.iter().any(|labels| get(labels, "app") == "web"),
        "a peer with the labels of the selector"
    );
}

#[wasm_bindgen_test]
fn a_playground_says_the_same_as_one_call() {
    let mut playground = Playground::new(&JsValue::UNDEFINED).unwrap();
    playground.set_files(&files("kind: [")).unwrap();
    playground.summary().unwrap();
    playground.set_files(&files(POLICY)).unwrap();
    let text = |value: &JsValue| String::from(JSON::stringify(value).unwrap());
    let whole = analyze(&files(POLICY), &JsValue::UNDEFINED).unwrap();
    assert_eq!(text(&playground.analyze().unwrap()), text(&whole));
    let summary = playground.summary().unwrap();
    for name in ["cells", "uncertain"] {
        assert!(!Reflect::has(&summary, &name.into()).unwrap(), "{name}");
    }
    assert_eq!(text(&get(&summary, "peers")), text(&get(&whole, "peers")));
}

#[wasm_bindgen_test]
fn a_window_is_a_part_of_the_matrix() {
    let mut playground = Playground::new(&json("{}")).unwrap();
    playground.set_files(&files(POLICY)).unwrap();
    let analysis = playground.analyze().unwrap();
    let peers = length(&analysis, "peers") as usize;
    let cells = get(&analysis, "cells").unchecked_into::<Uint32Array>().to_vec();
    let window = playground.cells(&json("[1, 2]"), &json("[0, 2]")).unwrap();
    assert_eq!(window, cells[peers..peers + 2]);
    let uncertain = get(&analysis, "uncertain").unchecked_into::<Uint8Array>().to_vec();
    let window = playground.uncertain(&json("[1, 2]"), &json("[0, 2]")).unwrap();
    assert_eq!(window, uncertain[peers..peers + 2]);
    let beyond = playground.cells(&json("[0, 4000000000]"), &json("[0, 4000000000]")).unwrap();
    assert_eq!(beyond, cells);
}

#[wasm_bindgen_test]
fn options_change_the_analysis() {
    let never = json(r#"{"hypothetical": "never"}"#);
    let mut playground = Playground::new(&never).unwrap();
    playground.set_files(&files(POLICY)).unwrap();
    let without = length(&playground.summary().unwrap(), "peers");
    playground.set_options(&json(r#"{"hypothetical": "auto", "ipBlockPods": "any-address"}"#)).unwrap();
    let with = length(&playground.summary().unwrap(), "peers");
    assert!(without < with, "{without} and {with} peers");
}

#[wasm_bindgen_test]
fn a_cell_is_explained() {
    let mut playground = Playground::new(&JsValue::NULL).unwrap();
    playground.set_files(&files(POLICY)).unwrap();
    let peers = Array::from(&get(&playground.summary().unwrap(), "peers"));
    let id = get(&peers.get(0), "id");
    let explanation = playground.explain(&id, &id).unwrap();
    assert!(get(&get(&explanation, "allowed"), "text").is_string());
    assert!(Array::is_array(&get(&get(&explanation, "ingress"), "steps")));
    let unknown = message(playground.explain(&id, &"nobody".into()));
    assert_eq!(unknown, "no peer of the analysis has the id `nobody`; see `peers`");
}

#[wasm_bindgen_test]
fn a_finding_is_fixed() {
    let mut playground = Playground::new(&JsValue::NULL).unwrap();
    let policy = POLICY.replace("ingress:", "policyTypes: [Ingress, Egress]\n  ingress:");
    playground.set_files(&files(&policy)).unwrap();
    let findings = Array::from(&get(&playground.summary().unwrap(), "findings"));
    let place = findings.iter().position(|finding| get(&finding, "fixable").is_truthy()).unwrap();
    let preview = playground.fix(&JsValue::from_f64(place as f64), &JsValue::UNDEFINED).unwrap();
    assert!(get(&preview, "message").is_string());
    assert_eq!(length(&preview, "files"), 1);
    assert_eq!(length(&preview, "diff"), 1);
    assert!(playground.fix(&JsValue::from_f64(1000.0), &JsValue::UNDEFINED).unwrap().is_undefined());
    assert_eq!(
        message(playground.fix(&"0".into(), &JsValue::UNDEFINED)),
        "`finding` should be a whole number from 0"
    );
}

#[wasm_bindgen_test]
fn wrong_arguments_are_type_errors() {
    let none = JsValue::UNDEFINED;
    let wrong_files = |given: &str| message(analyze(&json(given), &none));
    assert_eq!(message(analyze(&none, &none)), "`files` should be an array of `{ name, text }`");
    assert_eq!(wrong_files(r#"{"length": 1}"#), "`files` should be an array of `{ name, text }`");
    assert_eq!(wrong_files(r#"["text"]"#), "`files[0]` should be `{ name, text }`");
    assert_eq!(
        wrong_files(r#"[{"name": "a", "text": ""}, {"name": "b"}]"#),
        "`files[1].text` should be a string"
    );
    assert_eq!(wrong_files(r#"[{"name": 1, "text": ""}]"#), "`files[0].name` should be a string");

    let wrong_options = |given: &str| message(Playground::new(&json(given)));
    assert_eq!(wrong_options("[]"), "`options` should be an object");
    assert_eq!(
        wrong_options(r#"{"hypotheticals": "auto"}"#),
        "there is no option `hypotheticals`; there are `hypothetical`, `ipBlockPods`, `kubernetes` and `unknownFields`"
    );
    assert_eq!(wrong_options(r#"{"hypothetical": true}"#), "`options.hypothetical` should be a string");
    let unknown = wrong_options(r#"{"ipBlockPods": "always"}"#);
    assert!(unknown.starts_with("`options.ipBlockPods`: unknown variant `always`"), "{unknown}");
    let unknown = wrong_options(r#"{"kubernetes": "1.20"}"#);
    assert!(unknown.starts_with("`options.kubernetes`: unknown variant `1.20`"), "{unknown}");
    assert_eq!(wrong_options(r#"{"kubernetes": 1.36}"#), "`options.kubernetes` should be a string");
    let unknown = wrong_options(r#"{"unknownFields": "warn"}"#);
    assert!(unknown.starts_with("`options.unknownFields`: unknown variant `warn`"), "{unknown}");
    assert!(Playground::new(&json(r#"{"kubernetes": "1.35", "unknownFields": "drop"}"#)).is_ok());

    let mut playground = Playground::new(&none).unwrap();
    let range = "should be two whole numbers from 0: the first, and one past the last";
    let window = json("[0, 1]");
    for given in ["[0]", "[0, -1]", "[0, 1.5]", "7", "null"] {
        assert_eq!(message(playground.cells(&json(given), &window)), format!("`rows` {range}"));
        assert_eq!(message(playground.cells(&window, &json(given))), format!("`columns` {range}"));
    }
    assert_eq!(message(playground.explain(&none, &"a".into())), "`source` should be a string");
}

#[wasm_bindgen_test]
fn text_never_throws() {
    let deep = "{a: ".repeat(20_000);
    let bomb = format!("a: &a [x, x]\n{}", "b: [*a, *a, *a]\n".repeat(2_000));
    for text in ["", "\0", "kind: [", "---\n---\n", "\u{feff}a: 1", "a: *b", deep.as_str(), bomb.as_str()] {
        let analysis = analyze(&files(text), &JsValue::UNDEFINED).unwrap();
        assert!(Array::is_array(&get(&analysis, "diagnostics")));
    }
}

/// The text of a lab from the documentation.
fn lab() -> &'static str {
    let text = include_str!("../../../docs/writing-labs.md");
    let (_, behind) = text.split_once("\n````markdown\n").unwrap();
    behind.split_once("\n````\n").unwrap().0
}

#[wasm_bindgen_test]
fn attempts_at_a_lab_are_graded() {
    let (_, behind) = lab().split_once("## Solution\n\n```yaml\n").unwrap();
    let (solution, _) = behind.split_once("```\n").unwrap();
    let right = grade(&lab().into(), &files(solution)).unwrap();
    assert_eq!(get(&right, "passed"), JsValue::TRUE);
    assert_eq!(length(&right, "refused"), 0);
    let wrong = grade(&lab().into(), &files(&solution.replace("app: proxy", "app: web"))).unwrap();
    assert_eq!(get(&wrong, "passed"), JsValue::FALSE);
    let goals = Array::from(&get(&wrong, "goals"));
    let message = get(&goals.get(0), "message").as_string().unwrap();
    assert!(message.contains("`site/proxy` cannot reach `site/web` on TCP 8080"), "{message}");
    assert_eq!(get(&get(&goals.get(0), "witness"), "source"), JsValue::from("site/proxy[Deployment]"));
}

#[wasm_bindgen_test]
fn what_is_no_lab_throws() {
    assert_eq!(message(grade(&JsValue::from(1), &files(""))), "`lab` should be a string");
    let said = message(grade(&"# Read me".into(), &files("")));
    assert!(said.starts_with("`lab` is no lab: line 1: a lab begins with"), "{said}");
}

#[wasm_bindgen_test]
fn memory_is_had_in_large_pieces() {
    memory::make_room();
    let known = memory::size();
    memory::make_room();
    assert_eq!(memory::size(), known, "nothing was used up");

    let much = vec![1_u8; known];
    let used = memory::size();
    assert!(used > known, "there was room for it");
    memory::make_room();
    let had = memory::size();
    assert!(had >= used + memory::LEAST / 2, "{used} became {had}");
    let more = vec![2_u8; memory::LEAST / 2];
    assert_eq!(memory::size(), had, "it asked for more");

    memory::make_room_for(usize::MAX);
    assert!(memory::size() <= had + memory::MOST_FOR_TEXT + memory::LEAST);
    assert_eq!(usize::from(more[0] + much[0]), 3);
}
