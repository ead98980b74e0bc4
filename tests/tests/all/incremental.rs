//! What comes of an edit is what comes of the edited text, and little of it is done again.

use netpol_tests::generate::{Replaced, Scene, live, options, policy, scene, tests};
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
        ("tests", format!("{:#?}", one.tests), format!("{:#?}", other.tests)),
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
    check(192, (scenes, options(), edits(1..8), tests()), |(mut scene, options, edits, tests)| {
        scene.objects.extend(tests);
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

/// Namespaces, each a file, with some workloads, Services and policies.
fn namespaces(count: usize, of_each: usize) -> Vec<SourceFile> {
    let file = |at: usize| {
        let name = format!("team-{at}");
        let mut text = format!(
            "apiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}, labels: {{team: t{}}}}}\n",
            at % 3
        );
        for app in 0..of_each {
            text += &format!(
                "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: app-{app}, namespace: {name}}}\nspec:\n  \
                 selector: {{matchLabels: {{app: a{app}}}}}\n  template:\n    metadata: {{labels: {{app: a{app}, role: \
                 r{app}}}}}\n    spec: {{containers: [{{name: c, image: i, ports: [{{containerPort: {}, name: main}}]}}]}}\n\
                 ---\napiVersion: v1\nkind: Service\nmetadata: {{name: app-{app}, namespace: {name}}}\nspec: {{selector: \
                 {{app: a{app}}}, ports: [{{port: 80, targetPort: main}}]}}\n",
                8000 + app
            );
        }
        let from = at % 3;
        text += &format!(
            "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: all, namespace: {name}}}\nspec:\n  \
             podSelector: {{}}\n  policyTypes: [Ingress, Egress]\n  ingress: [{{from: [{{podSelector: {{}}}}], ports: \
             [{{port: {}}}]}}]\n  egress: [{{to: [{{namespaceSelector: {{matchLabels: {{team: t{from}}}}}}}]}}]\n\
             ---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: one, namespace: {name}}}\nspec:\n  \
             podSelector: {{matchLabels: {{role: r0}}}}\n  ingress: [{{from: [{{namespaceSelector: {{matchLabels: {{team: \
             t{from}}}}}}}], ports: [{{port: main}}]}}]\n",
            5000 + at
        );
        SourceFile { name: format!("{name}.yaml"), text }
    };
    (0..count).map(file).collect()
}

fn analysed(files: &[SourceFile]) -> Analyzer {
    let mut analyzer = Analyzer::new(Options::default());
    analyzer.set_files(files.to_vec());
    analyzer.found();
    analyzer
}

/// Replaces a part of a file that is there once, and says what was made of the edit.
fn edit(
    analyzer: &mut Analyzer,
    files: &mut [SourceFile],
    (file, from, to): (usize, &str, &str),
) -> netpol_eval::Made {
    assert_eq!(files[file].text.matches(from).count(), 1, "{from}");
    files[file].text = files[file].text.replace(from, to);
    analyzer.set_files(files.to_vec());
    same(analyzer.found(), &fresh(files.to_vec(), Options::default())).unwrap();
    analyzer.evaluation().unwrap().made()
}

#[test]
fn an_edit_makes_the_rows_and_cells_that_it_touches() {
    let mut files = namespaces(30, 6);
    let mut analyzer = analysed(&files);
    let all = analyzer.evaluation().unwrap().made();
    assert_eq!(all.kept_rows, 0);
    assert!(all.rows > 60 && all.cells > 3000, "{all:?}");
    let port = edit(&mut analyzer, &mut files, (7, "[{port: 5007}]", "[{port: 6007}]"));
    // The policy selects two kinds of pods, and has a row in each direction for both.
    assert!(port.rows <= 4 && port.rows + port.kept_rows == all.rows, "{port:?} of {all:?}");
    assert!(port.cells * 8 < all.cells, "{port:?} of {all:?}");
    // Of 60 policies one is another. Some rules look at cells, and three of them at none; others look into namespaces.
    let taken = analyzer.taken_findings();
    assert!(taken >= 7 * 59, "{taken}");
    let label = "labels: {app: a3, role: r3}";
    let label = edit(&mut analyzer, &mut files, (9, label, "labels: {app: a3, role: r0}"));
    assert!(label.rows <= 4, "{label:?}");
    assert!(label.cells * 8 < all.cells, "{label:?} of {all:?}");
    // A third of the policies speaks of the pod.
    let taken = analyzer.taken_findings();
    assert!(taken >= 3 * 39, "{taken}");
    // What is in the words of every workload and finding of another namespace stays.
    let before = analyzer.stamped().1.clone();
    edit(&mut analyzer, &mut files, (2, "[{port: 5002}]", "[{port: 6002}]"));
    let (summary, stamps) = analyzer.stamped();
    let kept = |old: &[u64], new: &[u64]| new.iter().filter(|stamp| old.contains(stamp)).count();
    assert_eq!(kept(&before.peers, &stamps.peers), summary.peers.len());
    assert!(kept(&before.findings, &stamps.findings) + 20 > summary.findings.len());
    assert!(kept(&before.policies, &stamps.policies) + 1 >= summary.policies.len());
}

#[test]
fn what_pods_are_known_for_is_known_anew() {
    let mut files = namespaces(12, 4);
    let mut analyzer = analysed(&files);
    let blocked = |analyzer: &mut Analyzer| {
        analyzer.found().peers.iter().filter(|peer| peer.dns.as_ref().is_some_and(|dns| !dns.works)).count()
    };
    let before = blocked(&mut analyzer);
    // By its name a DNS server: whoever does not reach it has no DNS.
    let (plain, server) =
        ("{name: app-3, namespace: team-4}\nspec:\n", "{name: coredns, namespace: team-4}\nspec:\n");
    edit(&mut analyzer, &mut files, (4, plain, server));
    assert!(blocked(&mut analyzer) > before, "{before}");
    edit(&mut analyzer, &mut files, (4, server, plain));
    assert_eq!(blocked(&mut analyzer), before);
    // A Service selects one pod more, and then one less.
    let (other, selected) = ("labels: {app: a2, role: r2}", "labels: {app: a1, role: r2}");
    edit(&mut analyzer, &mut files, (5, other, selected));
    edit(&mut analyzer, &mut files, (5, selected, other));
}

#[test]
fn pods_that_the_input_does_not_hold_do_not_make_all_anew() {
    let mut files = namespaces(30, 6);
    for (at, file) in files.iter_mut().enumerate().take(10) {
        file.text += &format!(
            "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: idle, namespace: team-{at}}}\n\
             spec: {{podSelector: {{matchLabels: {{app: none-{at}}}}}, ingress: [{{}}]}}\n"
        );
    }
    let mut analyzer = analysed(&files);
    let workloads = &analyzer.evaluation().unwrap().cluster().workloads;
    assert!(workloads.iter().filter(|one| one.is_hypothetical()).count() >= 10);
    let label = "labels: {app: a3, role: r3}";
    edit(&mut analyzer, &mut files, (29, label, "labels: {app: a3, role: r0}"));
    // As many as without them: a third of the policies speaks of the pod.
    let taken = analyzer.taken_findings();
    assert!(taken >= 3 * 39, "{taken}");
}

#[test]
fn what_is_kept_does_not_grow_from_edit_to_edit() {
    let mut files = namespaces(4, 3);
    let mut analyzer = analysed(&files);
    let first = analyzer.evaluation().unwrap().made();
    let mut anew = 0;
    for turn in 0..250 {
        let (from, to) = (format!("[{{port: {}}}]", 5001 + turn), format!("[{{port: {}}}]", 5002 + turn));
        files[1].text = files[1].text.replace(&from, &to);
        analyzer.set_files(files.clone());
        analyzer.found();
        let made = analyzer.evaluation().unwrap().made();
        assert!(made.sets <= 2 * first.sets + 20_000, "{made:?} at {turn}");
        anew += usize::from(made.kept_rows == 0);
    }
    assert_eq!(anew, 2, "after 100 edits all is done anew");
    // Of what is no longer there nothing is kept.
    files.truncate(1);
    analyzer.set_files(files.clone());
    analyzer.found();
    assert_eq!(analyzer.evaluation().unwrap().made(), analysed(&files).evaluation().unwrap().made());
}

#[test]
fn of_what_was_not_evaluated_nothing_is_kept() {
    let mut files = namespaces(3, 2);
    let blocks: Vec<String> =
        (0..10_001).map(|at| format!("{{ipBlock: {{cidr: 20.{}.{}.0/24}}}}", at / 256, at % 256)).collect();
    let text = format!(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: large, namespace: team-1}}\nspec:\n  \
         podSelector: {{}}\n  egress: [{{to: [{}], ports: [{{port: 4444}}]}}]\n",
        blocks.join(", ")
    );
    files.push(SourceFile { name: "large.yaml".to_owned(), text });
    let mut analyzer = analysed(&files);
    let not_evaluated =
        |analyzer: &mut Analyzer| analyzer.found().matrix.uncertain.iter().filter(|one| **one == 2).count();
    let all = not_evaluated(&mut analyzer);
    assert!(all > 0);
    let made = edit(&mut analyzer, &mut files, (0, "[{port: 5000}]", "[{port: 6000}]"));
    assert_eq!(made.kept_rows, 0);
    assert_eq!(not_evaluated(&mut analyzer), all);
}
