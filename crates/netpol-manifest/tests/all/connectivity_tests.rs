//! What is read of policy tests, and what is refused: all that could make a test pass for a mistake in it.

use netpol_manifest::{
    ConnectivityTest, EndNames, Expectation, PortMatch, Protocol, ReadOptions, Resource, UnknownFields,
    is_test, read, read_with,
};

use crate::common::{fixes_hold, said};

/// A test of one expectation.
fn test_of(expectation: &str) -> String {
    format!(
        "apiVersion: netpol.playground/v1\nkind: ConnectivityTest\nmetadata: {{name: a}}\nspec:\n  deny:\n  - {expectation}\n"
    )
}

fn only(text: &str) -> ConnectivityTest {
    let document = read(text);
    assert!(document.refused.is_empty(), "{:?}\n{text}", document.diagnostics);
    let [object] = &document.objects[..] else { unreachable!("one object: {text}") };
    let Resource::ConnectivityTest(test) = object.resource.clone() else { unreachable!("{text}") };
    *test
}

fn expectation(text: &str) -> Expectation {
    let [expectation] = &only(&test_of(text)).deny[..] else { unreachable!("one expectation: {text}") };
    expectation.clone()
}

#[test]
fn all_of_a_test() {
    let text = "apiVersion: netpol.playground/v1\nkind: ConnectivityTest\nmetadata: {name: only-web}\nspec:\n  description: \
                Only web.\n  allow:\n  - description: web reaches db\n    from: {namespace: shop, labels: {app: web}}\n    to: \
                [{name: db}, outside]\n    ports: [80, UDP/53]\n  deny:\n  - {from: any, to: {labels: {app: db}}, except: \
                {labels: {app: web}}}\n";
    let document = read(text);
    assert_eq!(said(text, &document), Vec::<String>::new());
    assert_eq!(document.objects[0].reference().namespace, None);
    assert!(is_test(&document.objects[0].reference()));
    let test = only(text);
    assert_eq!(test.description.as_ref().map(|one| one.value.as_str()), Some("Only web."));
    let [allow] = &test.allow[..] else { unreachable!() };
    assert_eq!(allow.description.as_ref().map(|one| one.value.as_str()), Some("web reaches db"));
    assert_eq!((allow.from.len(), allow.to.len(), allow.ports.len()), (1, 2, 2));
    let EndNames::Pod(web) = &allow.from[0].names else { unreachable!() };
    assert_eq!(web.namespaces[0].value, "shop");
    assert_eq!((web.labels[0].key.value.as_str(), web.labels[0].value.value.as_str()), ("app", "web"));
    assert_eq!(allow.to[1].names, EndNames::Outside);
    let range = test.deny[0].range;
    assert!(text[range.start()..range.end()].starts_with("{from: any"));
    let taken = test.deny[0].except_from[0].range;
    assert_eq!(&text[taken.start()..taken.end()], "{labels: {app: web}}");
}

#[test]
fn ports() {
    use PortMatch::{Any, Name, Range};
    use Protocol::{Sctp, Tcp, Udp};
    for (written, expected) in [
        ("null", vec![]),
        ("[]", vec![]),
        ("80", vec![(Tcp, Range(80, 80))]),
        ("\"80\"", vec![(Tcp, Range(80, 80))]),
        ("TCP/80", vec![(Tcp, Range(80, 80))]),
        ("80/tcp", vec![(Tcp, Range(80, 80))]),
        ("udp/53", vec![(Udp, Range(53, 53))]),
        ("Sctp/1-65535", vec![(Sctp, Range(1, 65535))]),
        ("8000-8999", vec![(Tcp, Range(8000, 8999))]),
        ("TCP", vec![(Tcp, Any)]),
        ("[TCP, udp]", vec![(Tcp, Any), (Udp, Any)]),
        ("TCP/http", vec![(Tcp, Name("http".to_owned()))]),
        (
            "[{protocol: UDP, port: 53}, {port: 8000, endPort: 8080}]",
            vec![(Udp, Range(53, 53)), (Tcp, Range(8000, 8080))],
        ),
        ("{port: http}", vec![(Tcp, Name("http".to_owned()))]),
        ("{protocol: SCTP}", vec![(Sctp, Any)]),
    ] {
        let found = expectation(&format!("{{from: any, to: pods, ports: {written}}}"));
        let found: Vec<_> = found.ports.into_iter().map(|one| (one.protocol, one.port)).collect();
        assert_eq!(found, expected, "{written}");
        let found = expectation(&format!("{{from: any, to: pods, exceptPorts: {written}}}"));
        let found: Vec<_> = found.except_ports.into_iter().map(|one| (one.protocol, one.port)).collect();
        assert_eq!(found, expected, "{written}");
    }
}

#[test]
fn what_except_is_taken_out_of() {
    // The number of items for `from`, those for `to`, and whether that is said.
    for (ends, except, expected) in [
        ("from: any, to: {name: a}", "{name: b}", (1, 0, false)),
        ("from: {name: a}, to: any", "{name: b}", (0, 1, false)),
        ("from: {name: a}, to: [{name: c}, outside]", "{name: b}", (0, 1, false)),
        ("from: any, to: pods", "{name: b}", (1, 0, true)),
        ("from: {name: a}, to: {name: c}", "{name: b}", (1, 0, false)),
        // A block of all addresses is wide, a smaller one is not.
        ("from: {name: a}, to: {cidr: 0.0.0.0/0}", "outside", (0, 1, false)),
        ("from: {name: a}, to: {cidr: 10.0.0.0/8}", "pods", (1, 0, false)),
        // Addresses go to the end that can hold some.
        ("from: pods, to: {cidr: 10.0.0.0/8}", "{cidr: 10.1.0.0/16}", (0, 1, false)),
        ("from: pods, to: outside", "{cidr: 10.1.0.0/16}", (0, 1, false)),
        ("from: outside, to: pods", "{cidr: 10.1.0.0/16}", (1, 0, false)),
        ("from: any, to: outside", "{cidr: 10.1.0.0/16}", (1, 0, true)),
        ("from: pods, to: pods", "{cidr: 10.1.0.0/16}", (1, 0, false)),
        ("from: pods, to: outside", "[{name: b}, {cidr: 10.1.0.0/16}]", (1, 1, true)),
    ] {
        let text = test_of(&format!("{{{ends}, except: {except}}}"));
        let document = read(&text);
        let warned = said(&text, &document).iter().any(|said| said.starts_with("warning ambiguous-except"));
        let found = &only(&text).deny[0];
        assert_eq!((found.except_from.len(), found.except_to.len(), warned), expected, "{ends} {except}");
        let found = expectation(&format!("{{{ends}, exceptFrom: {except}, exceptTo: pods}}"));
        assert_eq!(found.except_to.len(), 1);
    }
}

/// Mistakes in an expectation, each with what is said, and a part of the advice.
#[test]
fn mistakes() {
    let at = "spec.deny[0]";
    for (written, expected, advice) in [
        ("{from: any}", "error empty-end {at}.to `from`", "write `any`"),
        ("{from: any, to: }", "error empty-end {at}.to `to`", "names nobody"),
        ("{from: any, to: []}", "error empty-end {at}.to `[]`", "names nobody"),
        ("{from: any, to: {}}", "error empty-end {at}.to `{}`", "write `pods`"),
        ("{from: any, to: [{}]}", "error empty-end {at}.to[0] `{}`", "write `pods`"),
        ("{from: any, to: [pods, null]}", "error unknown-end {at}.to[1] `null`", "an end is"),
        ("{from: any, to: 80}", "error unknown-end {at}.to `80`", "an end is"),
        (
            "{from: any, to: frontend}",
            "error unknown-end {at}.to `frontend`",
            "`{labels: {app: frontend}}` or `{name: frontend}`",
        ),
        ("{from: any, to: Pods}", "error unknown-end {at}.to `Pods`", "did you mean `pods`?"),
        ("{from: any, to: 10.0.0.1}", "error unknown-end {at}.to `10.0.0.1`", "`{cidr: 10.0.0.1}`"),
        (
            "{from: any, to: shop/web}",
            "error unknown-end {at}.to `shop/web`",
            "`{namespace: shop, name: web}`",
        ),
        ("{from: any, to: {podSelector: {}}}", "error empty-end {at}.to.podSelector `{}`", "write `pods`"),
        (
            "{from: any, to: {podSelector: null}}",
            "error empty-end {at}.to.podSelector `null`",
            "write `pods`",
        ),
        (
            "{from: any, to: {namespace: a, namespaceSelector: {}}}",
            "error empty-end {at}.to.namespaceSelector `{}`",
            "remove it",
        ),
        ("{from: any, to: {labels: {}}}", "error empty-end {at}.to.labels `{}`", "remove it"),
        ("{from: any, to: {namespace: }}", "error empty-end {at}.to.namespace `namespace`", "remove it"),
        ("{from: any, to: {namespace: []}}", "error empty-end {at}.to.namespace `[]`", "remove it"),
        (
            "{from: any, to: {namespace: Shop}}",
            "error invalid-namespace {at}.to.namespace `Shop`",
            "lower-case",
        ),
        ("{from: any, to: {name: ''}}", "error empty-end {at}.to.name `''`", "remove it"),
        ("{from: any, to: {labels: {app: 1}}}", "error wrong-type {at}.to.labels[app] `1`", "quotes"),
        (
            "{from: any, to: {labels: {app: }}}",
            "error empty-label {at}.to.labels[app] `app`",
            "write the value",
        ),
        (
            "{from: any, to: {lables: {app: web}}}",
            "error unknown-field {at}.to.lables `lables`",
            "did you mean `labels`?",
        ),
        ("{from: any, to: pods, protocol: TCP}", "error unknown-field {at}.protocol `protocol`", "not run"),
        (
            "{from: any, to: {cidr: 10.0.0.0/8, name: a}}",
            "error ambiguous-end {at}.to.cidr `10.0.0.0/8`",
            "items of a list",
        ),
        (
            "{from: any, to: {cidr: 10.0.0.1/8}}",
            "error non-canonical-cidr {at}.to.cidr `10.0.0.1/8`",
            "write `10.0.0.0/8`",
        ),
        (
            "{from: any, to: {cidr: '::ffff:10.0.0.1'}}",
            "error non-canonical-cidr {at}.to.cidr `'::ffff:10.0.0.1'`",
            "10.0.0.1",
        ),
        ("{from: any, to: {cidr: }}", "error invalid-cidr {at}.to.cidr `cidr`", "write a block"),
        (
            "{from: any, to: {cidr: example.com}}",
            "error invalid-cidr {at}.to.cidr `example.com`",
            "write a block",
        ),
        (
            "{from: any, to: pods, ports: http}",
            "error invalid-test-port {at}.ports `http`",
            "write `TCP/http`",
        ),
        ("{from: any, to: pods, ports: 0}", "error port-out-of-range {at}.ports `0`", "1 to 65535"),
        (
            "{from: any, to: pods, ports: [TCP/65536]}",
            "error port-out-of-range {at}.ports[0] `TCP/65536`",
            "1 to 65535",
        ),
        (
            "{from: any, to: pods, ports: [TCP/99999999999999999999]}",
            "error port-out-of-range {at}.ports[0] `TCP/99999999999999999999`",
            "1 to 65535",
        ),
        ("{from: any, to: pods, ports: TCP/9-8}", "error port-range {at}.ports `TCP/9-8`", "swap"),
        (
            "{from: any, to: pods, ports: ICMP/8}",
            "error invalid-test-port {at}.ports `ICMP/8`",
            "TCP, UDP and SCTP",
        ),
        ("{from: any, to: pods, ports: TCP/UDP}", "error invalid-test-port {at}.ports `TCP/UDP`", "neither"),
        ("{from: any, to: pods, ports: TCP/}", "error invalid-test-port {at}.ports `TCP/`", "neither"),
        ("{from: any, to: pods, ports: [{}]}", "error invalid-test-port {at}.ports[0] `{}`", "a port is"),
        ("{from: any, to: pods, ports: [null]}", "error invalid-test-port {at}.ports[0] `null`", "a port is"),
        ("{from: any, to: pods, ports: 1.5}", "error invalid-test-port {at}.ports `1.5`", "a port is"),
        ("{from: any, from: pods, to: pods}", "error duplicate-key {at}.from `from`", ""),
    ] {
        let text = test_of(written);
        for unknown_fields in [UnknownFields::Refuse, UnknownFields::Drop] {
            let document = read_with(&text, ReadOptions { unknown_fields, ..ReadOptions::default() });
            let mut said = said(&text, &document);
            // What is written twice is said at both places.
            said.dedup();
            assert_eq!(said, [expected.replace("{at}", at)], "{written}");
            assert!(document.objects.is_empty(), "{written}");
            assert!(document.refused.len() == 1 && is_test(&document.refused[0].object), "{written}");
            let diagnostic = &document.diagnostics[0];
            let related = diagnostic.related.iter().map(|one| one.message.as_str());
            let all: Vec<&str> = std::iter::once(diagnostic.message.as_str()).chain(related).collect();
            assert!(all.iter().any(|said| said.contains(advice)), "{written}: {all:?}");
        }
        fixes_hold(&text);
    }
}

#[test]
fn nothing_expected() {
    for (spec, code) in [
        ("", "empty-test"),
        ("spec: {}\n", "empty-test"),
        ("spec: {allow: []}\n", "empty-test"),
        ("spec: {allow: null, deny: []}\n", "empty-test"),
        ("spec: {description: nothing}\n", "empty-test"),
        ("spec: {allow: {from: any, to: pods}}\n", "wrong-type"),
        ("spec: {denied: [{from: any, to: pods}]}\n", "unknown-field"),
        ("spec: {allow: [{from: any, to: pods}]}\nextra: 1\n", "unknown-field"),
        ("spec: {allow: [{from: any, to: pods}], deny: [null]}\n", "empty-item"),
    ] {
        let text = format!(
            "apiVersion: netpol.playground/v1\nkind: ConnectivityTest\nmetadata: {{name: a}}\n{spec}"
        );
        let document = read(&text);
        assert!(
            document.diagnostics.iter().any(|one| one.code.as_str() == code),
            "{spec}: {:?}",
            document.diagnostics
        );
        assert!(document.objects.is_empty() && document.refused.len() == 1, "{spec}");
    }
}

#[test]
fn warnings_that_leave_a_test_as_it_is() {
    let text = test_of("{from: any, to: pods, ports: 53}");
    assert_eq!(said(&text, &read(&text)), ["warning bare-port spec.deny[0].ports `53`"]);
    only(&text);
    let text = test_of("{from: any, to: pods}").replace("name: a", "name: a, namespace: shop");
    assert_eq!(said(&text, &read(&text)), ["warning forbidden-namespace metadata.namespace `shop`"]);
    assert_eq!(read(&text).objects[0].reference().namespace, None);
}

/// However a test is spoiled, it is known to be there.
#[test]
fn no_test_is_overlooked() {
    let good = test_of("{from: any, to: pods}");
    let policy = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p}\nspec: {podSelector: {}}\n";
    for text in [
        good.replace("kind: Conn", "kind: conn"),
        good.replace("kind: ConnectivityTest", "kind: ConectivityTest"),
        good.replace("kind: ConnectivityTest\n", ""),
        good.replace("apiVersion: netpol.playground/v1\n", ""),
        good.replace("playground/v1", "playground/v2"),
        good.replace("apiVersion: netpol.playground/v1", "apiVersion: example.com/v1"),
        good.replace("metadata: {name: a}\n", ""),
        good.replace("apiVersion: netpol.playground/v1\n", "")
            .replace("metadata: {name: a}", "  metadata name a"),
        good.replace("metadata: {name: a}", "metadata: {name: A_b}"),
        // Texts that cannot be read.
        format!("{good}   {{{{ template }}}}\n - ]\n"),
        format!("{good}\t\n\t- ]"),
        format!("- ] broken\n{good}"),
        format!("{policy}x: [\n---x\n{good}"),
        "{\"apiVersion\": \"netpol.playground/v1\", \"kind\": \"ConnectivityTest\", \"metadata\": {"
            .to_owned(),
        // Glued to another object, which replaces it.
        format!("{good} ---\n{policy}"),
        format!("{good}{policy}"),
        format!("{policy}...\n{good}"),
        format!(
            "apiVersion: v1\nkind: List\nitems:\n- {}",
            good.replace('\n', "\n  ").replace("to: pods", "to: nobody")
        ),
        format!("- {}", good.replace('\n', "\n  ")),
        good.replace("to: pods", "to: *nothing"),
    ] {
        for unknown_fields in [UnknownFields::Refuse, UnknownFields::Drop] {
            let document = read_with(&text, ReadOptions { unknown_fields, ..ReadOptions::default() });
            let refused = document.refused.iter().filter(|one| is_test(&one.object)).count();
            assert_eq!(refused, 1, "{text}\n{:?}\n{:?}", document.refused, document.diagnostics);
            let errors =
                document.diagnostics.iter().filter(|one| one.severity == netpol_source::Severity::Error);
            assert!(errors.count() > 0, "{text}");
            let tests = document.objects.iter().filter(|one| is_test(&one.reference())).count();
            assert_eq!(tests, 0, "{text}");
        }
    }
    // What only speaks of one is none.
    for text in [
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  x: |\n    kind: ConnectivityTest\n"
            .to_owned(),
        format!("# kind: ConnectivityTest\n{policy}"),
    ] {
        let document = read(&text);
        assert!(document.refused.is_empty(), "{text}");
    }
}
