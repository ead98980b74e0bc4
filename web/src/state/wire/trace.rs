//! Why a cell is what it is.

use netpol_view::Reach;
use netpol_view::contract::{Action, DirectionTrace, EndVerdict, Explanation, Tier, TraceStep, Verdict};

use super::{fields, name, names};

fields! {
    Explanation { allowed, not_evaluated "notEvaluated", egress, ingress, caveats, mend, obstacle }
    Verdict {
        allowed, not_evaluated "notEvaluated", connection, source_pod "sourcePod",
        destination_pod "destinationPod", egress, ingress, caveats,
    }
    Reach {
        source, destination, source_pod "sourcePod", destination_pod "destinationPod", explanation,
    }
    EndVerdict { allowed, isolated, steps }
    DirectionTrace { allowed, isolated, steps }
    TraceStep { tier, policy, priority, rule, rule_name "ruleName", action, matched, reason, span }
}

names! {
    Tier {
        Admin "admin", NetworkPolicy "networkPolicy", Baseline "baseline", Default "default",
    } else Default
    Action { Allow "allow", Deny "deny", Pass "pass", Isolate "isolate", None "none" } else None
}
