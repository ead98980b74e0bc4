//! NP113: pods that need the API server and reach none of its endpoints.
//!
//! Its endpoints are those of the Service `kubernetes`, else where its pods or the nodes of the control plane are. Where the
//! input has none of these, pods are cut off from it that reach no address outside besides the Service's. Pods need it whose
//! ServiceAccount has a role, and those that a rule opens its address or the port of its Service to.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;
use netpol_eval::{Peer, PeerId, PolicyId, Workload};
use netpol_manifest::{self as manifest, Direction, PortMatch, Protocol, Resource};
use netpol_source::{HashMap, HashSet, Span};

use crate::callers::{self, Endpoint};
use crate::context::Context;
use crate::finding::Finding;
use crate::fix::Fix;
use crate::references as refer;
use crate::rule::{Code, Promise, Proof, Rule, Severity};
use crate::site::{RuleAt, policy_span};
use crate::witness::Witness;
use crate::words;

pub(crate) const RULE: Rule = Rule {
    code: Code::NP113,
    name: "api-server-unreachable",
    severity: Severity::Medium,
    summary: "Pods that need the API server reach none of its endpoints.",
    why: "Policies see a connection to the Service `kubernetes` after its address was translated: the address and the port of \
          an endpoint, often 6443. A rule for the Service's address, or for port 443 alone, opens nothing, and controllers and \
          operators stop working.",
    help: "Open the addresses and the port of the endpoints of `kubernetes` with an `ipBlock` (`kubectl get endpointslices`).",
    references: &[refer::NSA_CONTROL_PLANE, refer::CKS_POLICIES],
    proof: Proof::Denied,
    fix: Some((
        Promise::Corrects,
        "Adds a policy that opens the endpoints of the API server, where one workload alone lacks them.",
    )),
};

/// Why some pods need the API server, the surest reason first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reason {
    /// A rule names its Service's address, or an address of its own.
    Named(RuleSpan),
    /// The ServiceAccount of its pods has a role.
    Account(String),
    /// A rule opens 443, the port of its Service, to addresses among which it is.
    Port(RuleSpan),
}

/// The path and the place of a rule.
type RuleSpan = (String, Span);

pub(crate) fn check(context: &Context<'_>) -> Vec<Finding> {
    let endpoints = callers::likely_endpoints(context);
    let reached: Vec<(Endpoint, PeerId)> = endpoints
        .iter()
        .filter_map(|endpoint| Some((*endpoint, callers::peer_of(context, endpoint.address)?)))
        .collect();
    let Some((first, expected)) = reached.first().copied() else { return anywhere(context) };
    let servers: Vec<PeerId> = context.roles().api_servers.of_input(context).map(|(peer, _)| peer).collect();
    let needs = Needs::of(context, &endpoints);
    let mut by_cause: BTreeMap<(&[PolicyId], Reason), Vec<PeerId>> = BTreeMap::new();
    for (peer, workload) in context.input_workloads() {
        context.work(reached.len() + 1);
        if context.effort().is_exhausted() {
            break;
        }
        let selecting = context.evaluation().selecting(Direction::Egress, peer);
        if selecting.is_empty() || workload.host_network {
            continue;
        }
        let mut ends = reached.iter().map(|(endpoint, end)| (*end, endpoint.port));
        let reaches = |(end, port): (PeerId, u16)| {
            context.evaluation().allowed(peer, end).contains(Protocol::Tcp, port)
        };
        if ends.any(reaches) || servers.iter().any(|server| reaches((*server, first.port))) {
            continue;
        }
        if let Some(reason) = needs.reason(context, selecting, workload) {
            by_cause.entry((selecting, reason)).or_default().push(peer);
        }
    }
    let findings = by_cause.into_iter().filter_map(|((selecting, reason), pods)| {
        finding(context, selecting, &reason, &pods, Some((first, expected)), &endpoints)
    });
    findings.collect()
}

/// The pods that need the API server and reach no address at which it could be.
fn anywhere(context: &Context<'_>) -> Vec<Finding> {
    let needs = Needs::of(context, &[]);
    if needs.bound.is_empty() && needs.by_policy.is_empty() {
        return Vec::new();
    }
    let could_be = |peer: &Peer| {
        let host =
            |network: IpNet| (network.prefix_len() == network.max_prefix_len()).then(|| network.addr());
        let is_other = |address: IpAddr| needs.own.contains(&address);
        match peer {
            Peer::External { range, .. } => {
                !range.is_metadata_endpoint() && !host(range.network).is_some_and(is_other)
            }
            Peer::Domain(_) => true,
            Peer::Workload(workload) => workload.host_network,
        }
    };
    let ends = context.evaluation().peer_ids().filter(|(_, peer)| could_be(peer));
    let ends: Vec<PeerId> = ends.map(|(id, _)| id).collect();
    let mut by_class: BTreeMap<usize, bool> = BTreeMap::new();
    let mut by_cause: BTreeMap<(&[PolicyId], Reason), Vec<PeerId>> = BTreeMap::new();
    for (peer, workload) in context.input_workloads() {
        context.work(1);
        if context.effort().is_exhausted() {
            break;
        }
        let selecting = context.evaluation().selecting(Direction::Egress, peer);
        if selecting.is_empty() || workload.host_network {
            continue;
        }
        let Some(reason) = needs.reason(context, selecting, workload) else { continue };
        let reaches = by_class.entry(context.evaluation().class(peer)).or_insert_with(|| {
            context.work(ends.len());
            let mut open = ends.iter().map(|end| context.evaluation().allowed(peer, *end));
            open.any(|open| !open.ports(Protocol::Tcp).is_empty())
        });
        if !*reaches {
            by_cause.entry((selecting, reason)).or_default().push(peer);
        }
    }
    let findings = by_cause
        .into_iter()
        .filter_map(|((selecting, reason), pods)| finding(context, selecting, &reason, &pods, None, &[]));
    findings.collect()
}

fn finding(
    context: &Context<'_>,
    selecting: &[PolicyId],
    reason: &Reason,
    pods: &[PeerId],
    known: Option<(Endpoint, PeerId)>,
    endpoints: &[Endpoint],
) -> Option<Finding> {
    let policies: Vec<_> = selecting.iter().filter_map(|id| context.cluster().policy(*id)).collect();
    let span = match reason {
        Reason::Named((_, span)) | Reason::Port((_, span)) => Some(*span),
        Reason::Account(_) => None,
    };
    // The policy whose rule does not do what it is for, else the first one.
    let of_rule = policies.iter().find(|one| span.is_some_and(|span| one.handle.document == span.document));
    let policy = of_rule.or(policies.first())?;
    let port = known.map_or(callers::PORT, |(endpoint, _)| endpoint.port);
    let why = match (reason, known) {
        (Reason::Named((path, _)), Some((Endpoint { address, .. }, _))) => {
            format!(
                "{path} names an address of it, but policies see its endpoint `{address}` and port {port}"
            )
        }
        (Reason::Account(account), Some((Endpoint { address, .. }, _))) => {
            format!(
                "no rule opens its endpoint `{address}` on port {port}, and the ServiceAccount `{account}` has a role"
            )
        }
        (Reason::Port((path, _)), _) => {
            format!(
                "{path} opens 443, the port of its Service, but policies see that of its endpoint, {port}"
            )
        }
        (Reason::Named((path, _)), None) => {
            format!(
                "{path} names the address of its Service, but policies see that of an endpoint, and no rule opens another"
            )
        }
        (Reason::Account(account), None) => {
            format!("no rule opens any address outside, and the ServiceAccount `{account}` has a role")
        }
    };
    let mut spans: Vec<Span> = span.into_iter().collect();
    spans.extend(policies.iter().map(|policy| policy_span(policy)));
    spans.extend(context.workload_spans(pods));
    let first = *pods.first()?;
    let expected = known.map(|(_, expected)| expected).or_else(|| context.any_address().first().copied());
    let fix = (pods.len() == 1 && known.is_some()).then(|| {
        let addresses = endpoints.iter().filter(|one| one.port == port).map(|one| one.address);
        let addresses: Vec<_> = addresses.collect();
        let ports = callers::tcp(port);
        let added = callers::open_addresses(context, Direction::Egress, first, &addresses, &ports)?;
        let addresses = words::list(addresses.iter().map(ToString::to_string));
        let message =
            format!("let {} reach the API server ({addresses}) on port {port}", context.names(pods));
        Some(Fix::add(message, vec![added]))
    });
    let reaches = if pods.len() == 1 { "does" } else { "do" };
    Some(Finding {
        // A rule for 443 may be for anybody.
        severity: if matches!(reason, Reason::Port(_)) { Severity::Low } else { Severity::Medium },
        message: format!("{} {reaches} not reach the API server: {why}", context.names(pods)),
        subject: policy.reference(),
        spans,
        witness: expected.map(|destination| Witness {
            source: first,
            destination,
            protocol: Protocol::Tcp,
            port,
        }),
        fix: fix.flatten(),
        ..Finding::of(&RULE)
    })
}

/// Who needs the API server.
struct Needs {
    /// Namespace and name of the ServiceAccounts that have a role.
    bound: HashSet<(String, String)>,
    /// By policy, the surest reason that its rules give.
    by_policy: HashMap<PolicyId, Reason>,
    /// The addresses of its endpoints and of its Service.
    own: Vec<IpAddr>,
}

impl Needs {
    fn of(context: &Context<'_>, endpoints: &[Endpoint]) -> Self {
        let mut bound = HashSet::default();
        let mut silent: Vec<(String, String)> = Vec::new();
        let mut own: Vec<IpAddr> = endpoints.iter().map(|one| one.address).collect();
        for handle in &context.cluster().exposure {
            context.work(1);
            let object = handle.object();
            let key = || (object.namespace().to_owned(), object.metadata.name.value.clone());
            match &object.resource {
                Resource::RoleBinding(accounts) => {
                    context.work(accounts.len());
                    bound.extend(accounts.iter().map(|one| (one.namespace.clone(), one.name.clone())));
                }
                Resource::ServiceAccount(account) if account.automounts == Some(false) => silent.push(key()),
                Resource::Service(service) if key() == ("default".to_owned(), "kubernetes".to_owned()) => {
                    own.extend(&service.cluster_ips);
                }
                _ => {}
            }
        }
        for account in &silent {
            bound.remove(account);
        }
        let mut by_policy: HashMap<PolicyId, Reason> = HashMap::default();
        for at in context.rules().filter(|at| at.direction == Direction::Egress) {
            let Some(reason) = named(&at, &own, endpoints) else { continue };
            let known = by_policy.entry(at.policy_id).or_insert_with(|| reason.clone());
            if reason < *known {
                *known = reason;
            }
        }
        Self { bound, by_policy, own }
    }

    fn reason(&self, context: &Context<'_>, selecting: &[PolicyId], workload: &Workload) -> Option<Reason> {
        let named = selecting.iter().filter_map(|id| self.by_policy.get(id)).min();
        let namespace = context.namespace_name(workload.namespace);
        let account = workload.service_account.as_deref().unwrap_or("default");
        let is_bound = self.bound.contains(&(namespace.to_owned(), account.to_owned()));
        let account = is_bound.then(|| Reason::Account(account.to_owned()));
        named.cloned().into_iter().chain(account).min()
    }
}

/// What a rule has to do with the API server.
fn named(at: &RuleAt<'_>, own: &[IpAddr], endpoints: &[Endpoint]) -> Option<Reason> {
    let place = || (at.path(), at.span());
    let blocks = || {
        at.rule.peers.iter().filter_map(|peer| match peer {
            manifest::Peer::Block { cidr, except, .. } => Some((cidr.value, except)),
            manifest::Peer::Pods { .. } => None,
        })
    };
    let is_host = |network: IpNet| network.prefix_len() == network.max_prefix_len();
    if blocks().any(|(cidr, _)| is_host(cidr) && own.contains(&cidr.addr())) {
        return Some(Reason::Named(place()));
    }
    let opens_443 = at.rule.ports.iter().any(|port| {
        port.protocol == Protocol::Tcp
            && matches!(port.port, PortMatch::Range(first, last) if (first..=last).contains(&443))
    });
    let holds = |address: IpAddr| {
        at.rule.peers.is_empty()
            || blocks().any(|(cidr, except)| {
                cidr.contains(&address) && !except.iter().any(|hole| hole.value.contains(&address))
            })
    };
    (opens_443 && endpoints.iter().any(|one| holds(one.address))).then(|| Reason::Port(place()))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::Severity;
    use crate::testing::{Case, Found, deployment, policy};

    const CLUSTER: &str = "---\napiVersion: v1\nkind: Service\nmetadata: {name: kubernetes}\nspec: {clusterIP: 10.96.0.1, \
                           ports: [{port: 443, targetPort: 6443}]}\n---\napiVersion: v1\nkind: Endpoints\nmetadata: {name: \
                           kubernetes}\nsubsets: [{addresses: [{ip: 172.18.0.2}], ports: [{port: 6443}]}]\n";

    const BINDING: &str = "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: \
                           'system:web'}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: \
                           view}\nsubjects: [{kind: ServiceAccount, name: default, namespace: shop}]\n";

    fn found(rule: &str, more: &str) -> Vec<Found> {
        let spec = format!("{{podSelector: {{}}, policyTypes: [Egress], egress: [{rule}]}}");
        let text = deployment("shop", "web", 80) + CLUSTER + &policy("shop", "p", &spec) + more;
        Case::new(&text).check(&RULE)
    }

    #[test]
    fn the_address_of_the_service() {
        let all = found("{to: [{ipBlock: {cidr: 10.96.0.1/32}}], ports: [{port: 443}]}", "");
        assert_eq!(all.len(), 1);
        assert_eq!(
            all[0].message,
            "`web` does not reach the API server: egress rule 1 names an address of it, but policies see its endpoint \
             `172.18.0.2` and port 6443"
        );
        assert_eq!(all[0].severity, Severity::Medium);
        assert_eq!(all[0].witness.as_deref(), Some("shop/web -> 0.0.0.0/0 TCP 6443"));
    }

    #[test]
    fn without_endpoints() {
        let of = |rule: &str, more: &str| {
            let service = CLUSTER.split("---\n").find(|text| text.contains("kind: Service")).unwrap();
            let spec = format!("{{podSelector: {{}}, policyTypes: [Egress], egress: [{rule}]}}");
            let text = deployment("shop", "web", 80) + "---\n" + service + &policy("shop", "p", &spec) + more;
            let found = Case::new(&text).check(&RULE);
            found.into_iter().map(|one| (one.message, one.witness, one.fix)).collect::<Vec<_>>()
        };
        let witness = Some("shop/web -> 0.0.0.0/0 TCP 6443".to_owned());
        let named = "{to: [{ipBlock: {cidr: 10.96.0.1/32}}], ports: [{port: 443}]}";
        assert_eq!(
            of(named, ""),
            [(
                "`web` does not reach the API server: egress rule 1 names the address of its Service, but policies see that of an \
                 endpoint, and no rule opens another"
                    .to_owned(),
                witness.clone(),
                None
            )]
        );
        let [(message, _, _)] = &of("{to: [{podSelector: {}}]}", BINDING)[..] else { panic!("one finding") };
        assert!(
            message
                .ends_with("no rule opens any address outside, and the ServiceAccount `default` has a role")
        );
        // Somewhere it may be.
        let somewhere = "{to: [{ipBlock: {cidr: 172.18.0.0/16}}]}";
        assert!(of(&format!("{named}, {somewhere}"), "").is_empty());
        assert!(of(somewhere, BINDING).is_empty());
        assert!(of("{to: [{podSelector: {}}]}", "").is_empty());
        // The nodes of the control plane are where it is on a usual cluster.
        let node = "---\napiVersion: v1\nkind: Node\nmetadata: {name: a, labels: {node-role.kubernetes.io/control-plane: \
                    ''}}\nstatus: {addresses: [{type: InternalIP, address: 172.18.0.2}]}\n";
        let [(message, _, _)] = &of(named, node)[..] else { panic!("one finding") };
        assert!(message.ends_with("policies see its endpoint `172.18.0.2` and port 6443"), "{message}");
        assert!(of(somewhere, &(BINDING.to_owned() + node)).is_empty());
    }

    #[test]
    fn the_port_of_the_service() {
        let all = found("{to: [{ipBlock: {cidr: 0.0.0.0/0}}], ports: [{port: 443}]}", "");
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].severity, Severity::Low);
        assert!(found("{to: [{ipBlock: {cidr: 0.0.0.0/0}}], ports: [{port: 6443}]}", "").is_empty());
        assert!(found("{to: [{ipBlock: {cidr: 203.0.113.0/24}}], ports: [{port: 443}]}", "").is_empty());
    }

    #[test]
    fn an_account_that_has_a_role() {
        let rule = "{to: [{podSelector: {}}]}";
        assert!(found(rule, "").is_empty());
        let all = found(rule, BINDING);
        assert_eq!(all.len(), 1);
        assert!(all[0].message.ends_with("and the ServiceAccount `default` has a role"), "{all:?}");
        let silent = "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: default, namespace: \
                      shop}\nautomountServiceAccountToken: false\n";
        assert!(found(rule, &(BINDING.to_owned() + silent)).is_empty());
    }
}
