//! Manifests for the tests of the rules, and findings in a form that reads well in an assertion.
//!
//! Every witness is checked against the evaluation: allowed or denied, as its rule says.

use std::path::Path;
use std::sync::Arc;

use netpol_eval::{Cluster, Evaluation, Options, Peer, PeerId};
use netpol_source::{SourceFile, Sources};

use crate::{Context, Finding, Proof, Rule, Severity, check_all, check_rule};

pub(crate) struct Case {
    sources: Sources,
    evaluation: Evaluation,
}

/// A finding in words.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) code: &'static str,
    pub(crate) severity: Severity,
    pub(crate) message: String,
    /// `NetworkPolicy shop/web`.
    pub(crate) subject: String,
    /// The text at each span.
    pub(crate) spans: Vec<String>,
    /// `shop/web -> 0.0.0.0/0 TCP 443`.
    pub(crate) witness: Option<String>,
    pub(crate) silenced: bool,
    /// What its fix does.
    pub(crate) fix: Option<String>,
    /// The codes of its evidence.
    pub(crate) evidence: Vec<&'static str>,
}

impl Case {
    pub(crate) fn new(text: &str) -> Self {
        Self::of_files(&[text])
    }

    pub(crate) fn of_files(texts: &[&str]) -> Self {
        Self::of(texts, true)
    }

    /// The same of a text that holds objects which are refused.
    pub(crate) fn with_refused(text: &str) -> Self {
        Self::of(&[text], false)
    }

    fn of(texts: &[&str], is_sound: bool) -> Self {
        let files =
            texts.iter().map(|text| SourceFile { name: "test.yaml".to_owned(), text: (*text).to_owned() });
        let sources = Sources::new(files.collect());
        let documents: Vec<_> = sources
            .documents()
            .map(|(id, text)| {
                let document = netpol_manifest::read(&text);
                assert!(!is_sound || document.refused.is_empty(), "{:?}\n{text}", document.diagnostics);
                (id, Arc::new(document))
            })
            .collect();
        let evaluation = Evaluation::new(Cluster::build(documents), Options::default());
        Self { sources, evaluation }
    }

    pub(crate) fn check(&self, rule: &'static Rule) -> Vec<Found> {
        let findings = check_rule(&Context::new(&self.evaluation), rule);
        findings.into_iter().map(|finding| self.found(finding)).collect()
    }

    /// Code and severity of all findings, those that are evidence of others included.
    pub(crate) fn all_codes(&self) -> Vec<(&'static str, Severity)> {
        let findings = check_all(&Context::new(&self.evaluation));
        let all = findings.iter().flat_map(Finding::with_evidence);
        all.map(|finding| (finding.rule.code.as_str(), finding.severity)).collect()
    }

    /// Whether the first workload of a name can ask for names.
    pub(crate) fn dns(&self, name: &str) -> crate::DnsAnswer {
        let context = Context::new(&self.evaluation);
        let (peer, _) = context.input_workloads().find(|(_, workload)| workload.name == name).unwrap();
        context.dns_of(peer)
    }

    pub(crate) fn check_all(&self) -> Vec<Found> {
        check_all(&Context::new(&self.evaluation)).into_iter().map(|finding| self.found(finding)).collect()
    }

    fn found(&self, finding: Finding) -> Found {
        if let Some(witness) = finding.witness {
            let allowed = self.evaluation.allowed(witness.source, witness.destination);
            let allowed = allowed.contains(witness.protocol, witness.port);
            match finding.proof {
                Proof::Allowed => assert!(allowed, "{finding:?}"),
                Proof::Denied => assert!(!allowed, "{finding:?}"),
                Proof::None => panic!("{finding:?}"),
            }
        }
        assert!(!finding.spans.is_empty(), "{finding:?}");
        assert!(!finding.message.contains('!') && !finding.message.ends_with('.'), "{}", finding.message);
        let subject = &finding.subject;
        let name =
            subject.namespace.iter().chain([&subject.name]).map(String::as_str).collect::<Vec<_>>().join("/");
        let spans = finding.spans.iter().map(|span| {
            self.sources.document_text(span.document)[span.range.start()..span.range.end()].to_owned()
        });
        Found {
            code: finding.rule.code.as_str(),
            severity: finding.severity,
            silenced: finding.silenced,
            fix: finding.fix.as_ref().map(|fix| fix.message.clone()),
            evidence: finding.evidence.iter().map(|one| one.rule.code.as_str()).collect(),
            message: finding.message.clone(),
            subject: format!("{} {name}", subject.kind),
            spans: spans.collect(),
            witness: finding.witness.map(|witness| {
                let (source, destination) = (self.peer(witness.source), self.peer(witness.destination));
                format!("{source} -> {destination} {} {}", witness.protocol.as_str(), witness.port)
            }),
        }
    }

    fn peer(&self, id: PeerId) -> String {
        match self.evaluation.peer(id).unwrap() {
            Peer::External { range, .. } => range.network.to_string(),
            Peer::Domain(name) => name.to_string(),
            Peer::Workload(workload) => {
                let namespace = &self.evaluation.cluster().namespace(workload.namespace).unwrap().name;
                format!("{namespace}/{}", workload.name)
            }
        }
    }
}

/// What a rule is explained by: manifests in which it finds something, and the same, mended.
pub(crate) fn example(rule: &Rule) -> [String; 2] {
    let name = rule.name.replace('-', "_");
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules");
    ["found", "mended"].map(|which| {
        let file = rules.join(format!("{name}.{which}.yaml"));
        std::fs::read_to_string(&file)
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()))
            .replace('\r', "")
    })
}

pub(crate) fn namespace(name: &str) -> String {
    format!("---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}}}\n")
}

/// A Deployment with the label `app: <name>` and one port.
pub(crate) fn deployment(namespace: &str, name: &str, port: u16) -> String {
    format!(
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec:\n  selector: \
         {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n    spec:\n      \
         containers:\n        - name: main\n          image: example\n          ports: [{{containerPort: {port}}}]\n"
    )
}

/// A pod on the host network with the label `app: <name>` and no ports.
pub(crate) fn host_network_pod(namespace: &str, name: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: {namespace}, labels: {{app: {name}}}}}\nspec: \
         {{hostNetwork: true, containers: [{{name: main, image: example}}]}}\n"
    )
}

/// The cluster's DNS.
pub(crate) fn coredns() -> String {
    "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: coredns, namespace: kube-system}\nspec:\n  selector: \
     {matchLabels: {k8s-app: kube-dns}}\n  template:\n    metadata: {labels: {k8s-app: kube-dns}}\n    spec:\n      \
     containers:\n        - name: coredns\n          image: example\n          ports: [{name: dns, containerPort: 53, \
     protocol: UDP}, {name: dns-tcp, containerPort: 53}]\n"
        .to_owned()
}

/// A NetworkPolicy; the spec in flow style.
pub(crate) fn policy(namespace: &str, name: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {name}, namespace: \
         {namespace}}}\nspec: {spec}\n"
    )
}

/// A ClusterNetworkPolicy; what its spec holds beside the tier and the priority, in flow style.
pub(crate) fn cluster_policy(name: &str, tier: &str, priority: u16, spec: &str) -> String {
    format!(
        "---\napiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {{name: {name}}}\nspec: \
         {{tier: {tier}, priority: {priority}, {spec}}}\n"
    )
}

/// A Service for the pods `app: <name>`; what else its spec holds, in flow style.
pub(crate) fn service(namespace: &str, name: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec: {{selector: {{app: \
         {name}}}, {spec}}}\n"
    )
}

/// An Ingress with one backend.
pub(crate) fn ingress(namespace: &str, name: &str, service: &str, port: &str) -> String {
    format!(
        "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec: \
         {{defaultBackend: {{service: {{name: {service}, port: {{{port}}}}}}}}}\n"
    )
}
