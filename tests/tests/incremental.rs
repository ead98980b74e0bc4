//! What comes of an edit is what comes of the edited text, and little of it is done again.

use netpol_tests::generate::{Replaced, Scene, live, options, policy, scene};
use netpol_tests::property::{check, survey, with_text};
use netpol_view::Analyzer;
use netpol_view::contract::{Options, SourceFile, Summary};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

/// One edit of the objects of a scene.
#[derive(Clone, Debug)]
struct Edit {
    what: u8,
    object: Index,
    at: Index,
    policy: Value,
}

fn edits(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Edit>> {
    let edit = (0..12_u8, any::<Index>(), any::<Index>(), policy());
    vec(edit.prop_map(|(what, object, at, policy)| Edit { what, object, at, policy }), count)
}

/// A label of pods, or of what their selectors ask for.
const LABELS: [(&str, &str); 6] =
    [("app", "web"), ("app", "db"), ("tier", "front"), ("tier", "back"), ("role", "admin"), ("other", "x")];

/// A port that is not there otherwise.
fn port(at: &Index) -> Value {
    Value::from(7000 + at.index(900))
}

/// The numbers of ports in an object, by their way.
fn ports(object: &Value, way: String, found: &mut Vec<String>) {
    match object {
        Value::Object(fields) => {
            for (key, value) in fields {
                let way = format!("{way}/{}", key.replace('~', "~0").replace('/', "~1"));
                if value.is_number() && ["port", "containerPort"].contains(&key.as_str()) {
                    found.push(way);
                } else {
                    ports(value, way, found);
                }
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                ports(item, format!("{way}/{at}"), found);
            }
        }
        _ => {}
    }
}

impl Edit {
    fn make(&self, scene: &mut Scene) {
        let of_policies: Vec<usize> =
            (0..scene.objects.len()).filter(|at| scene.objects[*at]["kind"] == "NetworkPolicy").collect();
        let any = self.object.index(scene.objects.len());
        match self.what {
            // Another port, mostly of a policy.
            0..=3 => {
                let at = match (self.what, of_policies.as_slice()) {
                    (0..=2, policies @ [_, ..]) => policies[self.object.index(policies.len())],
                    _ => any,
                };
                let mut found = Vec::new();
                ports(&scene.objects[at], String::new(), &mut found);
                if !found.is_empty() {
                    let way = &found[self.at.index(found.len())];
                    *scene.objects[at].pointer_mut(way).unwrap() = port(&self.at);
                }
            }
            // Another label of pods.
            4..=6 => {
                let labels = scene.objects.iter_mut().filter_map(|object| {
                    let is_pod = object["kind"] == "Pod";
                    object.pointer_mut(if is_pod {
                        "/metadata/labels"
                    } else {
                        "/spec/template/metadata/labels"
                    })
                });
                let mut labels: Vec<&mut Value> = labels.filter(|labels| labels.is_object()).collect();
                if !labels.is_empty() {
                    let of = self.object.index(labels.len());
                    let (key, value) = LABELS[self.at.index(LABELS.len())];
                    labels[of][key] = value.into();
                }
            }
            // Another policy of the same name.
            7 | 8 => {
                if let [_, ..] = of_policies.as_slice() {
                    let at = of_policies[self.object.index(of_policies.len())];
                    let old = &mut scene.objects[at];
                    old["spec"] = self.policy["spec"].clone();
                }
            }
            9 => drop(scene.objects.remove(any)),
            10 => {
                let mut policy = self.policy.clone();
                policy["metadata"]["name"] = json!(format!("added-{}", self.at.index(5)));
                scene.objects.insert(any, policy);
            }
            _ => {
                let copy = scene.objects[any].clone();
                scene.objects.push(copy);
            }
        }
        if scene.objects.is_empty() {
            scene.objects.push(self.policy.clone());
        }
    }
}

fn fresh(files: Vec<SourceFile>, options: Options) -> Summary {
    let mut analyzer = Analyzer::new(options);
    analyzer.set_files(files);
    analyzer.found().clone()
}

/// Names the first part in which two results differ.
fn same(one: &Summary, other: &Summary) -> Result<(), String> {
    if one == other {
        return Ok(());
    }
    let parts = [
        ("peers", format!("{:#?}", one.peers), format!("{:#?}", other.peers)),
        ("matrix", format!("{:?}", one.matrix), format!("{:?}", other.matrix)),
        ("connections", format!("{:?}", one.connections), format!("{:?}", other.connections)),
        ("findings", format!("{:#?}", one.findings), format!("{:#?}", other.findings)),
        ("all", format!("{one:#?}"), format!("{other:#?}")),
    ];
    let (what, one, other) = parts.into_iter().find(|(_, one, other)| one != other).unwrap();
    let lines = one.lines().zip(other.lines()).find(|(one, other)| one != other);
    Err(format!("{what} differ: {lines:?}"))
}

#[test]
fn what_comes_of_edits_is_what_comes_of_the_text() {
    let scenes = prop_oneof![scene(Replaced::None), scene(Replaced::Some), live()];
    check(192, (scenes, options(), edits(1..8)), |(mut scene, options, edits)| {
        let mut analyzer = Analyzer::new(options);
        analyzer.set_files(scene.files());
        analyzer.found();
        for edit in &edits {
            edit.make(&mut scene);
            analyzer.set_files(scene.files());
            let found = same(analyzer.found(), &fresh(scene.files(), options));
            with_text(&scene, found.map_err(|complaint| format!("{complaint} after {edit:?}")))?;
        }
        Ok(())
    });
}

#[test]
fn edits_mostly_keep_something() {
    let mut kept = 0;
    let mut all = 0;
    let counted = std::cell::RefCell::new((&mut kept, &mut all));
    survey(64, (scene(Replaced::None), edits(6..7)), |(mut scene, edits)| {
        let mut analyzer = Analyzer::new(Options::default());
        analyzer.set_files(scene.files());
        analyzer.found();
        for edit in edits.iter().filter(|edit| edit.what < 7) {
            edit.make(&mut scene);
            analyzer.set_files(scene.files());
            analyzer.found();
            let made = analyzer.evaluation().unwrap().made();
            let mut counted = counted.borrow_mut();
            *counted.0 += usize::from(made.kept_rows > 0);
            *counted.1 += 1;
        }
    });
    assert!(kept * 3 > all, "{kept} of {all}");
}
