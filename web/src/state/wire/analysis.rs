//! A summary and what is in it; and what there is to read about rules, which lies beside the page.

use netpol_view::contract::{
    Checks, Connection, ConnectionSet, Diagnostic, DiagnosticSeverity, Dns, Evidence, Finding, FindingCounts,
    FindingSeverity, Incomplete, NamespaceSummary, NotRead, ObjectRef, Peer, PeerType, PolicySummary, Port,
    Position, Proof, Protocol, QuickFix, Reference, Refused, Related, RuleSummary, Span, Summary, TextEdit,
};

use super::{fields, name, names};
use crate::state::findings::RuleText;

fields! {
    Summary {
        diagnostics, peers, connections, policies, findings, incomplete, refused, not_read "notRead", checks,
        namespaces, namespace_labels "namespaceLabels", rules;
        // The page is told of tests in words; the matrix travels beside the rest.
        tests, matrix,
    }
    Dns { works, why }
    Peer {
        id, peer_type "type", namespace, name, kind, labels, ports, host_network "hostNetwork", variant, replicas,
        dns, cidrs, network, except, note, span;
        // Written once, in the summary.
        namespace_labels,
    }
    Port { name, port, protocol }
    ConnectionSet { text, tcp "TCP", udp "UDP", sctp "SCTP" }
    Span { file, start, end }
    Position { line, column }
    Diagnostic { severity, code, message, path, object, span, related, fixes }
    QuickFix { title, edits }
    TextEdit { span, text }
    Related { message, span }
    ObjectRef { group, kind, namespace, name }
    PolicySummary {
        object, tier, priority, ingress, egress, subjects, subject_count "subjectCount", span,
    }
    Finding {
        code, rule, severity, message, subject, spans, witness, proof, fixable, ways, silenced, evidence;
        // Written once, with the rules.
        help, references,
    }
    Evidence { code, rule, severity, message, spans, witness }
    RuleSummary { code, help, references }
    RuleText { code, when, fix, triggers, mended }
    Reference { standard, id }
    Connection { source, destination, protocol, port }
    Incomplete { message, count, span }
    Refused { object, message, policy, span }
    NotRead { kind, group, count }
    Checks { rules, unjudged }
    NamespaceSummary {
        name, workloads, isolated_for_ingress "isolatedForIngress", isolated_for_egress "isolatedForEgress",
        limited_for_ingress "limitedForIngress", limited_for_egress "limitedForEgress", exposed,
        dns_works "dnsWorks", dns_why "dnsWhy", findings,
    }
    FindingCounts { high, medium, low, info }
}

names! {
    PeerType { Workload "workload", Hypothetical "hypothetical", External "external" } else External
    Protocol { Tcp "TCP", Udp "UDP", Sctp "SCTP" } else Tcp
    DiagnosticSeverity { Error "error", Warning "warning", Info "info" } else Error
    FindingSeverity { High "high", Medium "medium", Low "low", Info "info" } else High
    Proof { Allowed "allowed", Denied "denied" } else Allowed
}
