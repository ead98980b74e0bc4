//! How attempts are graded: what is refused, when goals are reached, what must stay as it was.

use netpol_labs::{Grade, Grader, Lab, check, read};
use netpol_view::contract::{DiagnosticSeverity, SourceFile};

const CLUSTER: &str = "\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: main, ports: [{containerPort: 80}, {containerPort: 81}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: client, namespace: shop, labels: {app: client}}
spec: {containers: [{name: main}]}
---
apiVersion: v1
kind: Pod
metadata: {name: other, namespace: ops, labels: {app: client}}
spec: {containers: [{name: main, ports: [{containerPort: 90}]}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: main, ports: [{containerPort: 5432}]}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: of-the-cluster, namespace: ops}
spec: {podSelector: {}, policyTypes: [Ingress], ingress: [{}]}
";

const START: &str = "\
apiVersion: v1
kind: Pod
metadata: {name: new, namespace: shop, labels: {app: new}}
spec: {containers: [{name: main, image: nginx}]}
";

const GOALS: &str = "\
apiVersion: netpol.playground/v1
kind: ConnectivityTest
metadata: {name: a}
spec:
  allow:
  - {description: The client gets in., from: {namespace: shop, labels: {app: client}}, to: {labels: {app: web}}, ports: [80]}
  deny:
  - {description: Nobody else does., from: any, to: {labels: {app: web}}, exceptFrom: {namespace: shop, labels: {app: client}}}
  - {description: Nobody else does., from: {labels: {app: client}}, to: {labels: {app: web}}, exceptPorts: [80]}
";

const RIGHT: &str = "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Ingress]
  ingress: [{from: [{podSelector: {matchLabels: {app: client}}}], ports: [{port: 80}]}]
";

/// A policy `more` in `shop` with this spec.
fn more(spec: &str) -> String {
    format!(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: more, namespace: shop}}\nspec: {spec}\n"
    )
}

fn text(front: &str) -> String {
    format!(
        "---\nid: a\ntitle: A\n{front}\n---\nTask.\n\n## Cluster\n\n```yaml\n{CLUSTER}```\n\n## Start\n\n```yaml\n{START}```\n\n\
         ## Goals\n\n```yaml\n{GOALS}```\n\n## Solution\n\n```yaml\n{START}---\n{RIGHT}```\n"
    )
}

fn lab(front: &str) -> Lab {
    let (lab, found) = read("a.md", &text(front));
    lab.unwrap_or_else(|| unreachable!("{found:?}"))
}

fn file(name: &str, text: &str) -> SourceFile {
    SourceFile { name: name.to_owned(), text: text.to_owned() }
}

fn grade(front: &str, texts: &[&str]) -> Grade {
    let files = texts.iter().enumerate().map(|(at, text)| file(&format!("{at}.yaml"), text));
    Grader::new(&lab(front)).grade(files.collect())
}

#[test]
fn what_is_refused() {
    let cluster_policy = "apiVersion: policy.networking.k8s.io/v1alpha1\nkind: AdminNetworkPolicy\nmetadata: {name: a}\nspec: {priority: 1, subject: {namespaces: {matchLabels: {a: b}}}}\n";
    let relabelled = START.replace("app: new", "app: client");
    for (front, texts, wanted) in [
        ("", vec![START, RIGHT], None),
        ("", vec![RIGHT, START], None),
        ("", vec![RIGHT], Some("the Pod `shop/new` of the start is gone: put it back")),
        (
            "",
            vec![RIGHT, &START.replace("image: nginx", "image: httpd")],
            Some("the Pod `shop/new` may not be changed: write it"),
        ),
        ("", vec![RIGHT, &relabelled], Some("the Pod `shop/new` may not be changed: write it as it was")),
        ("mend: [Pod/shop/new]", vec![RIGHT, &relabelled], None),
        (
            "mend: [Pod/ops/new]",
            vec![RIGHT, &relabelled],
            Some("the Pod `shop/new` may not be changed: write it as it was"),
        ),
        (
            "mend: [Pod/shop/new]",
            vec![RIGHT, &relabelled.replace("image: nginx", "image: httpd")],
            Some("the Pod `shop/new` may not be changed but for its labels: write it as it was"),
        ),
        (
            "",
            vec![START, RIGHT, &START.replace("name: new", "name: newer")],
            Some("the Pod `shop/newer` is no policy"),
        ),
        (
            "",
            vec![START, RIGHT, "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {a: b}}\n"],
            Some("the Namespace `shop` is no policy"),
        ),
        (
            "",
            vec![START, RIGHT, "apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: shop}\n"],
            Some("the Secret `shop/a` is no policy"),
        ),
        (
            "",
            vec![
                START,
                RIGHT,
                "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: a}\nspec: {}\n",
            ],
            Some("the CiliumNetworkPolicy `"),
        ),
        // Tests that somebody keeps in a file of their own are no part of an attempt.
        ("", vec![START, RIGHT, GOALS], None),
        ("", vec![START, &format!("{RIGHT}---\n{GOALS}")], Some("the ConnectivityTest `a` is a test")),
        (
            "",
            vec![START, RIGHT, &GOALS.replace("ConnectivityTest", "connectivitytest")],
            Some("`2.yaml`, line 2: "),
        ),
        (
            "",
            vec![
                START,
                RIGHT,
                &more("{podSelector: {}}")
                    .replace("{name: more, namespace: shop}", "{name: of-the-cluster, namespace: ops}"),
            ],
            Some("the NetworkPolicy `ops/of-the-cluster` belongs to the cluster"),
        ),
        ("", vec![START, RIGHT, cluster_policy], None),
        (
            "kinds: [NetworkPolicy]",
            vec![START, RIGHT, cluster_policy],
            Some("the AdminNetworkPolicy `a` may not be written here: write `NetworkPolicy`"),
        ),
        ("", vec![START, RIGHT, "kind: ["], Some("`2.yaml`, line 1: ")),
        ("", vec![START, RIGHT, &more("{podSelector: {}, igress: []}")], Some("`2.yaml`, line 4: ")),
        (
            "",
            vec![
                &format!("apiVersion: v1\nkind: List\nitems:\n- {}", START.trim_end().replace('\n', "\n  ")),
                RIGHT,
            ],
            None,
        ),
    ] {
        let grade = grade(front, &texts);
        match wanted {
            None => assert_eq!((grade.refused.as_slice(), grade.passed), ([].as_slice(), true), "{texts:?}"),
            Some(wanted) => {
                assert!(!grade.passed);
                assert!(
                    grade.refused.iter().any(|found| found.starts_with(wanted)),
                    "{wanted}: {:?}",
                    grade.refused
                );
            }
        }
    }
}

#[test]
fn files_of_the_lab_are_its_own() {
    let mut grader = Grader::new(&lab(""));
    let right = [file("policy.yaml", START), file("more.yaml", RIGHT)];
    let with = |other| grader_grade(&mut grader, &right, other);
    let mut with = with;
    for other in [file("cluster.yaml", ""), file("cluster.yaml", "kind: ["), file("lab/goals-1.yaml", "")] {
        assert!(with(Some(other)).passed);
    }
    assert!(with(None).passed);
    // What is too much is not graded at all.
    let long = with(Some(file("long.yaml", &"# long\n".repeat(50_000))));
    assert!(!long.passed && long.refused.len() == 1 && long.goals.iter().all(|goal| !goal.reached));
}

fn grader_grade(grader: &mut Grader, files: &[SourceFile], other: Option<SourceFile>) -> Grade {
    grader.grade(files.iter().cloned().chain(other).collect())
}

#[test]
fn goals_are_reached_or_say_why_not() {
    let grade = grade("", &[START, &RIGHT.replace("[{port: 80}]", "[{port: 81}]")]);
    assert!(!grade.passed && grade.refused.is_empty());
    let goals: Vec<(&str, bool)> =
        grade.goals.iter().map(|goal| (goal.text.as_str(), goal.reached)).collect();
    assert_eq!(goals, [("The client gets in.", false), ("Nobody else does.", false)]);
    let [client, others] = [0, 1].map(|at| grade.goals.get(at).unwrap());
    let message = client.message.as_deref().unwrap();
    assert!(message.starts_with("`shop/client` cannot reach `shop/web` on TCP 80"), "{message}");
    assert_eq!(client.witness.as_ref().unwrap().destination, "shop/web[Pod]");
    // The lines are those of what was written.
    assert!(client.spans.iter().all(|span| span.file == "1.yaml") && !client.spans.is_empty());
    assert_eq!(others.message.as_deref(), Some("`shop/web` still accepts TCP 81 from `shop/client`"));
}

#[test]
fn the_second_mark_is_for_what_is_not_longer_in_any_style() {
    let block = "# A comment.\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: web\n  namespace: shop\n\nspec:\n  podSelector:\n    matchLabels:\n      app: web\n  policyTypes:\n    - Ingress\n  ingress:\n    - from:\n        - podSelector:\n            matchLabels:\n              app: client\n      ports:\n        - port: 80\n";
    let [flow, block, longer] = [
        RIGHT.to_owned(),
        block.to_owned(),
        format!("{RIGHT}---\n{}", more("{podSelector: {matchLabels: {app: web}}}")),
    ]
    .map(|text| grade("", &[START, &text]));
    assert!(flow.passed && block.passed && longer.passed);
    assert_eq!(flow.lines, block.lines);
    assert!(flow.is_shortest && block.is_shortest && !longer.is_shortest);
    // What does not pass is never the shortest.
    assert!(!grade("", &[START]).is_shortest);
}

#[test]
fn what_no_goal_mentions_stays_as_it_was() {
    let front = "else: unchanged";
    for (spec, wanted) in [
        // Of pods that goals speak of.
        ("{podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress]}", None),
        // Others.
        (
            "{podSelector: {matchLabels: {app: new}}, policyTypes: [Ingress]}",
            Some("no longer reaches `shop/new`"),
        ),
        (
            "{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress]}",
            Some("`shop/web` no longer reaches"),
        ),
        (
            "{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {}}]}, {to: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.9.0.0/16]}}, {ipBlock: {cidr: '::/0'}}]}]}",
            Some("`shop/web` no longer reaches `10.9.0.0/16`"),
        ),
        // Selectors that tell the pods of a StatefulSet apart do not hide what becomes of one.
        (
            "{podSelector: {matchLabels: {apps.kubernetes.io/pod-index: '1'}}, policyTypes: [Ingress]}",
            Some("no longer reaches `shop/db"),
        ),
        (
            "{podSelector: {matchLabels: {apps.kubernetes.io/pod-index: '1'}}, policyTypes: [Ingress], ingress: [{}]}",
            None,
        ),
        // Ranges that a policy tells apart are the same addresses.
        (
            "{podSelector: {matchLabels: {app: new}}, policyTypes: [Ingress], ingress: [{}, {from: [{ipBlock: {cidr: 10.0.0.0/8}}]}]}",
            None,
        ),
    ] {
        let grade = grade(front, &[START, RIGHT, &more(spec)]);
        let last = grade.goals.last().unwrap();
        assert_eq!(last.text, "everything else stays as it was");
        match wanted {
            None => assert!(grade.passed, "{spec}: {last:?}"),
            Some(wanted) => {
                let message = last.message.as_deref().unwrap_or_default();
                assert!(!grade.passed && message.contains(wanted), "{spec}: {last:?} {:?}", grade.refused);
                assert!(last.witness.is_some());
            }
        }
    }
    // With `free`, more may change; without `unchanged`, everything.
    let spec = "{podSelector: {matchLabels: {app: new}}, policyTypes: [Ingress]}";
    let free = "else: unchanged\nfree: [{from: any, to: {labels: {app: new}}}]";
    assert!(grade(free, &[START, RIGHT, &more(spec)]).passed);
    assert!(!grade(free, &[START, RIGHT, &more(&spec.replace("new", "db"))]).passed);
    assert!(grade("", &[START, RIGHT, &more(spec)]).passed);
}

#[test]
fn a_goal_about_one_address_speaks_of_no_others() {
    let goal = "  allow: [{description: The client reaches the office., from: {labels: {app: client}}, to: {cidr: 203.0.113.5}, ports: [443]}]\n";
    let closed = "podSelector: {matchLabels: {app: client}}, policyTypes: [Egress]";
    let text = text("else: unchanged")
        .replace(START, &format!("{START}---\n{}", more(&format!("{{{closed}}}"))))
        .replace(GOALS, &format!("{GOALS}---\napiVersion: netpol.playground/v1\nkind: ConnectivityTest\nmetadata: {{name: b}}\nspec:\n{goal}"));
    let (lab, found) = read("a.md", &text);
    let mut grader = Grader::new(&lab.unwrap_or_else(|| unreachable!("{found:?}")));
    let mut open = |cidr: &str| {
        let to = format!(
            "{{{closed}, egress: [{{to: [{{ipBlock: {{cidr: {cidr}}}}}], ports: [{{port: 443}}]}}]}}"
        );
        let grade = grader.grade(vec![file("policy.yaml", &format!("{START}---\n{}", more(&to)))]);
        grade.goals.last().cloned().unwrap()
    };
    let narrow = open("203.0.113.5/32");
    let wide = open("0.0.0.0/0");
    let opens = |goal: &netpol_labs::Goal| {
        goal.message.clone().unwrap_or_default().contains("now reaches any other IPv4 address on TCP 443")
    };
    assert!(!opens(&narrow) && opens(&wide), "{narrow:?} {wide:?}");
    assert!(!wide.spans.is_empty() && wide.witness.is_some());
}

#[test]
fn what_is_opened_elsewhere_counts_as_well() {
    let closed = more("{podSelector: {matchLabels: {app: new}}, policyTypes: [Ingress]}");
    let text = text("else: unchanged").replace(START, &format!("{START}---\n{closed}"));
    let (lab, _) = read("a.md", &text);
    let mut grader = Grader::new(&lab.unwrap());
    let file = |text: String| vec![file("policy.yaml", &text)];
    let kept = grader.grade(file(format!("{START}---\n{closed}---\n{RIGHT}")));
    assert!(kept.passed, "{kept:?}");
    let opened = grader.grade(file(format!("{START}---\n{RIGHT}")));
    let message = opened.goals.last().unwrap().message.clone().unwrap_or_default();
    assert!(!opened.passed && message.contains("now reaches `shop/new`"), "{message}");
}

fn said(text: &str) -> Vec<String> {
    let found = check("a.md", text).into_iter();
    found
        .map(|found| {
            let mark = if found.severity == DiagnosticSeverity::Error { "" } else { "~" };
            format!("{mark}{}: {}", found.span.start.line, found.message)
        })
        .collect()
}

#[test]
fn what_the_check_says() {
    let text = text("");
    let line = |of: &str| text.lines().position(|line| line.starts_with(of)).unwrap() + 1;
    let end = text.lines().count();
    let whole = said(&text);
    assert!(
        whole.contains(&format!(
            "~{end}: there is no `## Wrong`: a wrong answer shows that the goals tell the two apart"
        )),
        "{whole:?}"
    );
    assert!(whole.iter().all(|found| found.starts_with('~')), "{whole:?}");
    let of_goals = line("kind: ConnectivityTest") - 1;
    let solution = line("## Solution");
    let with = |answer: &str, quote: &str| {
        format!("{text}\n## Wrong\n\n### One\n\n```yaml\n{START}---\n{answer}```\n\n> {quote}\n")
    };
    let wrong = end + 4;
    for (text, wanted) in [
        (
            text.replace("{port: 80}]}]", "{port: 81}]}]"),
            format!(
                "{solution}: `Solution` is to be right and does not pass: The client gets in. (`shop/client` cannot reach"
            ),
        ),
        (text.replace("  allow:\n", "  alow:\n"), format!("{}: ", of_goals + 4)),
        (
            text.replacen("    metadata: {labels: {app: db}}\n", "    metadata: {labels: {app: [db]}}\n", 1),
            String::new(),
        ),
        (
            text.replace("ports: [80]}", "ports: [TCP/http]}"),
            format!("{solution}: `Solution` is to be right and does not pass"),
        ),
        (
            text.replace("from: {namespace: shop, labels: {app: client}}, to", "from: any, to"),
            format!("~{of_goals}: `allow` with `any` asks for every address"),
        ),
        (
            text.replacen("ingress: [{}]}\n", &format!("ingress: [{{}}]}}\n---\n{GOALS}"), 1),
            "a test in the cluster is no goal".to_owned(),
        ),
        (with(RIGHT, "still accepts"), format!("{wrong}: `One` is to be wrong and passes")),
        (
            with(&RIGHT.replace("[{port: 80}]", "[{port: 81}]"), "`shop/web`  still accepts TCP 81"),
            String::new(),
        ),
        (
            with(&RIGHT.replace("[{port: 80}]", "[{port: 81}]"), "still accepts TCP 82"),
            format!("{wrong}: what comes of `One` does not contain `still accepts TCP 82`: it is: "),
        ),
    ] {
        let found = said(&text);
        assert!(
            wanted.is_empty() || found.iter().any(|found| found.contains(&wanted)),
            "{wanted}: {found:#?}"
        );
        if wanted.is_empty() && text.contains("## Wrong") {
            assert!(found.iter().all(|found| found.starts_with('~')), "{found:?}");
        }
    }
    // A mistake in the cluster is said at its line.
    let broken =
        text.replacen("    metadata: {labels: {app: db}}\n", "    metadata: {labels: {app: [db]}}\n", 1);
    let at = line("    metadata: {labels: {app: db}}");
    assert!(said(&broken).iter().any(|found| found.starts_with(&format!("{at}: "))), "{:?}", said(&broken));
    // Nothing to do.
    let solved =
        text.replacen(&format!("```yaml\n{START}```"), &format!("```yaml\n{START}---\n{RIGHT}```"), 1);
    assert!(
        said(&solved).iter().any(|found| found.contains("the start passes already")),
        "{:?}",
        said(&solved)
    );
}

#[test]
fn mistakes_that_the_solution_passes_with_are_told() {
    let whole = said(&text("else: unchanged"));
    assert!(!whole.iter().any(|found| found.contains("the solution passes as well")), "{whole:?}");
    // Without a goal about other ports, nothing tells whether there is a list of ports.
    let wide = text("else: unchanged").replace("  - {description: Nobody else does., from: {labels: {app: client}}, to: {labels: {app: web}}, exceptPorts: [80]}\n", "");
    let found = said(&wide);
    let wanted = "the solution passes as well without `ingress[0].ports` of `web`: ";
    assert!(found.iter().any(|found| found.contains(wanted)), "{found:?}");
}

#[test]
fn a_person_is_shown_no_answers_but_the_solution() {
    let lab = lab("");
    let grader = Grader::new(&lab);
    let shown = lab.shown(&grader);
    assert_eq!(shown.goals, ["The client gets in.", "Nobody else does."]);
    assert_eq!(shown.solution, [("policy.yaml".to_owned(), format!("{START}---\n{RIGHT}"))]);
    assert!(grader.fewest_lines() > 10);
}

#[test]
fn a_check_ends_however_many_answers_there_are() {
    let answer = format!("### One\n\n```yaml\n{START}---\n{RIGHT}```\n\n> a\n\n");
    let pods: String = (0..400)
        .map(|at| {
            CLUSTER.split("---\n").next().unwrap_or_default().replace("name: web", &format!("name: web-{at}"))
                + "---\n"
        })
        .collect();
    let large = text("").replace(CLUSTER, &format!("{pods}{CLUSTER}"));
    let found = said(&format!("{large}\n## Wrong\n\n{}", answer.repeat(150)));
    assert!(
        found.iter().any(|found| found.contains("the answers are too much to be graded")),
        "{}",
        found.len()
    );
}
