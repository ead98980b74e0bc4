//! Findings that follow from what another one names, where no rule can tell by itself: it is told from all that was found.

use std::collections::{BTreeMap, BTreeSet};

use netpol_eval::{Origin, PolicyId};
use netpol_manifest::Direction;
use netpol_source::{ObjectRef, Span};

use crate::cause::{Cause, Part};
use crate::context::Context;
use crate::dns;
use crate::finding::Finding;
use crate::rule::Code;
use crate::site::opposite;
use crate::witness::Witness;

/// Gives findings the cause that another one names. What somebody has silenced is the cause of nothing.
pub(crate) fn link(context: &Context<'_>, findings: &mut [Finding]) {
    let causes = Causes::of(findings);
    for finding in findings.iter_mut().filter(|one| !one.silenced) {
        let cause = match finding.rule.code {
            Code::NP207 => of_labels(finding, &causes),
            Code::NP306 => of_other_port(context, finding, &causes),
            Code::NP313 => of_dns(context, finding, &causes),
            _ => None,
        };
        if let Some(Cause::Dns(..)) = cause {
            // What mends that mends this as well.
            finding.fix = None;
        }
        finding.cause = cause.or(finding.cause);
    }
}

/// The first and the last.
type Ports = (u16, u16);

/// What findings name as their cause.
#[derive(Default)]
struct Causes {
    dns: BTreeSet<Cause>,
    /// By policy, the items of its rules that ask for labels of others, and where they stand.
    labels: BTreeMap<ObjectRef, Vec<(Origin, usize, Span)>>,
    /// By policy, the ports of its rules on which nobody answers.
    ports: BTreeMap<PolicyId, Vec<(Origin, Ports)>>,
}

impl Causes {
    fn of(findings: &[Finding]) -> Self {
        let mut causes = Self::default();
        for finding in findings.iter().filter(|one| !one.silenced) {
            match (finding.cause, finding.spans.first()) {
                (Some(Cause::Labels(origin, item, _)), Some(place)) => {
                    causes.labels.entry(finding.subject.clone()).or_default().push((origin, item, *place));
                }
                (Some(Cause::Port(origin, ports, Part::Itself)), _) => {
                    causes.ports.entry(origin.policy).or_default().push((origin, ports));
                }
                (Some(cause @ Cause::Dns(..)), _) => drop(causes.dns.insert(cause)),
                _ => {}
            }
        }
        causes
    }
}

/// A port for the wrong protocol, by which pods lack an answer of DNS.
fn of_dns(context: &Context<'_>, finding: &Finding, causes: &Causes) -> Option<Cause> {
    let Witness { source, destination, protocol, port } = finding.witness?;
    let servers = context.dns();
    if causes.dns.is_empty() || !servers.is_server(destination) || !servers.ports().contains(protocol, port) {
        return None;
    }
    // What opens the pods' own egress does not mend the rules of the servers.
    let selecting = context.evaluation().selecting(Direction::Egress, source);
    let mut policies = selecting.iter().filter_map(|id| context.cluster().policy(*id));
    if !policies.any(|policy| policy.reference() == finding.subject) {
        return None;
    }
    let answer = servers.answer(context, source);
    let cause = |part| Some(Cause::Dns(context.widest(selecting)?, answer, dns::Cause::Egress, part));
    let is_named = causes.dns.contains(&cause(Part::Itself)?);
    (is_named && !answer.works(protocol)).then(|| cause(Part::Consequence))?
}

/// Labels that anybody may give to a namespace, where it was not meant to be asked for any of them.
fn of_labels(finding: &Finding, causes: &Causes) -> Option<Cause> {
    let labels = causes.labels.get(&finding.subject)?;
    // The last is the policy's name.
    let (_, selectors) = finding.spans.split_last()?;
    let item = |selector: &Span| labels.iter().find(|(_, _, place)| contains(*place, *selector));
    let (origin, item_of_first, _) = item(selectors.first()?)?;
    let are_all = selectors.iter().all(|selector| item(selector).is_some());
    are_all.then_some(Cause::Labels(*origin, *item_of_first, Part::Consequence))
}

fn contains(whole: Span, part: Span) -> bool {
    whole.document == part.document
        && whole.range.start() <= part.range.start()
        && part.range.end() <= whole.range.end()
}

/// A connection that is closed at the other end, where a rule opens a port for it on which nobody answers.
fn of_other_port(context: &Context<'_>, finding: &Finding, causes: &Causes) -> Option<Cause> {
    let Witness { source, destination, protocol, port } = finding.witness?;
    let origin = match finding.cause? {
        Cause::OtherEnd(origin) => origin,
        Cause::Port(origin, ports, Part::Consequence) => {
            let named = causes.ports.get(&origin.policy).is_some_and(|own| own.contains(&(origin, ports)));
            (!named).then_some(origin)?
        }
        _ => return None,
    };
    let direction = opposite(origin.direction);
    let (subject, peer) = match direction {
        Direction::Ingress => (destination, source),
        Direction::Egress => (source, destination),
    };
    // What a rule of another tier denies has another cause.
    if !context.left_to_network_policies(direction, subject, peer).contains(protocol, port) {
        return None;
    }
    let speaks_of_it = |origin: &Origin| {
        origin.direction == direction
            && context.rules_of(origin.policy).any(|at| {
                let mut items = 0..at.rule.peers.len();
                at.origin() == *origin && items.any(|item| context.item_matches(&at, item, peer))
            })
    };
    let selecting = context.evaluation().selecting(direction, subject).iter();
    let mut wrong = selecting.filter_map(|policy| causes.ports.get(policy)).flatten();
    let (origin, ports) = wrong.find(|(origin, _)| speaks_of_it(origin))?;
    Some(Cause::Port(*origin, *ports, Part::Consequence))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Case, deployment, policy};

    /// Codes and evidence of what is found of policies.
    fn of_policies(text: &str) -> Vec<(&'static str, Vec<&'static str>)> {
        let found = Case::new(text).check_all().into_iter();
        let found = found.filter(|one| one.subject.starts_with("NetworkPolicy"));
        found.map(|one| (one.code, one.evidence)).collect()
    }

    #[test]
    fn dns_over_tcp_alone_is_one_finding() {
        let dns = "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: coredns, namespace: kube-system}\nspec:\n  \
                   selector: {matchLabels: {k8s-app: kube-dns}}\n  template:\n    metadata: {labels: {k8s-app: kube-dns}}\n    \
                   spec: {containers: [{name: dns, image: i, ports: [{containerPort: 53, protocol: UDP}]}]}\n";
        let out = |ports: &str| {
            let to = "to: [{namespaceSelector: {}, podSelector: {matchLabels: {k8s-app: kube-dns}}}]";
            let spec =
                format!("{{podSelector: {{}}, policyTypes: [Egress], egress: [{{{to}, ports: [{ports}]}}]}}");
            let text = deployment("shop", "web", 80) + dns + &policy("shop", "dns", &spec);
            let found = of_policies(&text).into_iter();
            found.filter(|(code, _)| ["NP305", "NP313"].contains(code)).collect::<Vec<_>>()
        };
        assert_eq!(out("{port: 53}"), [("NP305", vec!["NP313"])]);
        assert_eq!(out("{port: 53, protocol: UDP}, {port: 53}"), []);
    }

    #[test]
    fn a_label_of_pods_that_namespaces_are_asked_for_is_one_finding() {
        let of = |more: &str| {
            let spec = format!(
                "{{podSelector: {{}}, ingress: [{{from: [{{namespaceSelector: {{matchLabels: {{app: web}}}}}}{more}]}}]}}"
            );
            let text = deployment("shop", "web", 80) + &policy("shop", "in", &spec);
            let found = of_policies(&text).into_iter();
            found.filter(|(code, _)| ["NP207", "NP319"].contains(code)).collect::<Vec<_>>()
        };
        assert_eq!(of(""), [("NP319", vec!["NP207"])]);
        // Others are another matter.
        assert_eq!(
            of(", {namespaceSelector: {matchLabels: {team: a}}}"),
            [("NP319", vec![]), ("NP207", vec![])]
        );
    }

    #[test]
    fn a_wrong_port_at_the_other_end_is_one_finding() {
        let rule = |end: &str, app: &str, port: u16| {
            format!(
                "[{{{end}: [{{podSelector: {{matchLabels: {{app: {app}}}}}}}], ports: [{{port: {port}}}]}}]"
            )
        };
        let found = |inbound: u16, outbound: u16| {
            let text = deployment("shop", "web", 80)
                + &deployment("shop", "db", 5432)
                + &policy(
                    "shop",
                    "db",
                    &format!(
                        "{{podSelector: {{matchLabels: {{app: db}}}}, ingress: {}}}",
                        rule("from", "web", inbound)
                    ),
                )
                + &policy(
                    "shop",
                    "web",
                    &format!(
                        "{{podSelector: {{matchLabels: {{app: web}}}}, policyTypes: [Egress], egress: {}}}",
                        rule("to", "db", outbound)
                    ),
                );
            let found = of_policies(&text).into_iter();
            found.filter(|(code, _)| ["NP306", "NP308"].contains(code)).collect::<Vec<_>>()
        };
        assert_eq!(found(80, 5432), [("NP308", vec!["NP306"])]);
        assert_eq!(found(5432, 80), [("NP308", vec!["NP306"])]);
        assert_eq!(found(5432, 5432), []);
    }
}
