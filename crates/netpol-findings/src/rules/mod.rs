//! The rules, one file each, and the table that registers them.

mod address_block_covers_pods;
mod admin_overrides_network_policy;
mod allow_all_rule;
mod and_or_confusion;
mod api_server_exposed;
mod api_server_unreachable;
mod blast_radius;
mod broad_cidr;
mod cross_namespace_reach;
mod dns_blocked;
mod dns_to_anywhere;
mod domain_names_without_accept;
mod empty_namespace;
mod every_namespace;
mod except_allowed_elsewhere;
mod exposed_without_restriction;
mod host_network_subject;
mod isolates_its_own_namespace;
mod label_anyone_can_set;
mod label_on_the_wrong_object;
mod looks_like_deny_egress;
mod metadata_endpoint_reachable;
mod needs_plugin_support;
mod networks_cover_pods;
mod no_default_deny_egress;
mod no_default_deny_ingress;
mod one_sided_allow;
mod open_egress;
mod open_ingress;
mod pass_caught_by_nothing;
mod peer_matches_nothing;
mod peer_on_host_network;
mod port_not_served;
mod protocol_mismatch;
mod published_but_blocked;
mod redundant_policy;
mod redundant_rule;
mod refused_leaves_open;
mod replaced_object;
mod rule_without_peers;
mod rule_without_ports;
mod rules_without_type;
mod same_priority_conflict;
mod scrape_blocked;
mod shadowed_rule;
mod subject_matches_nothing;
mod superseded_policy_kind;
mod unknown_port_name;
mod unprotected_workload;
mod webhook_blocked;

use crate::context::Context;
use crate::finding::Finding;
use crate::rule::Rule;

/// What looks for the findings of one rule.
pub(crate) type Check = fn(&Context<'_>) -> Vec<Finding>;

/// Every rule with its check, in order of code.
pub(crate) const CHECKS: &[(&Rule, Check)] = &[
    (&no_default_deny_ingress::RULE, no_default_deny_ingress::check),
    (&no_default_deny_egress::RULE, no_default_deny_egress::check),
    (&unprotected_workload::RULE, unprotected_workload::check),
    (&cross_namespace_reach::RULE, cross_namespace_reach::check),
    (&open_egress::RULE, open_egress::check),
    (&open_ingress::RULE, open_ingress::check),
    (&metadata_endpoint_reachable::RULE, metadata_endpoint_reachable::check),
    (&api_server_exposed::RULE, api_server_exposed::check),
    (&blast_radius::RULE, blast_radius::check),
    (&exposed_without_restriction::RULE, exposed_without_restriction::check),
    (&published_but_blocked::RULE, published_but_blocked::check),
    (&webhook_blocked::RULE, webhook_blocked::check),
    (&api_server_unreachable::RULE, api_server_unreachable::check),
    (&scrape_blocked::RULE, scrape_blocked::check),
    (&allow_all_rule::RULE, allow_all_rule::check),
    (&rule_without_peers::RULE, rule_without_peers::check),
    (&rule_without_ports::RULE, rule_without_ports::check),
    (&broad_cidr::RULE, broad_cidr::check),
    (&every_namespace::RULE, every_namespace::check),
    (&dns_to_anywhere::RULE, dns_to_anywhere::check),
    (&label_anyone_can_set::RULE, label_anyone_can_set::check),
    (&subject_matches_nothing::RULE, subject_matches_nothing::check),
    (&peer_matches_nothing::RULE, peer_matches_nothing::check),
    (&and_or_confusion::RULE, and_or_confusion::check),
    (&rules_without_type::RULE, rules_without_type::check),
    (&dns_blocked::RULE, dns_blocked::check),
    (&one_sided_allow::RULE, one_sided_allow::check),
    (&unknown_port_name::RULE, unknown_port_name::check),
    (&port_not_served::RULE, port_not_served::check),
    (&host_network_subject::RULE, host_network_subject::check),
    (&isolates_its_own_namespace::RULE, isolates_its_own_namespace::check),
    (&address_block_covers_pods::RULE, address_block_covers_pods::check),
    (&empty_namespace::RULE, empty_namespace::check),
    (&protocol_mismatch::RULE, protocol_mismatch::check),
    (&needs_plugin_support::RULE, needs_plugin_support::check),
    (&same_priority_conflict::RULE, same_priority_conflict::check),
    (&looks_like_deny_egress::RULE, looks_like_deny_egress::check),
    (&except_allowed_elsewhere::RULE, except_allowed_elsewhere::check),
    (&peer_on_host_network::RULE, peer_on_host_network::check),
    (&label_on_the_wrong_object::RULE, label_on_the_wrong_object::check),
    (&refused_leaves_open::RULE, refused_leaves_open::check),
    (&superseded_policy_kind::RULE, superseded_policy_kind::check),
    (&admin_overrides_network_policy::RULE, admin_overrides_network_policy::check),
    (&networks_cover_pods::RULE, networks_cover_pods::check),
    (&pass_caught_by_nothing::RULE, pass_caught_by_nothing::check),
    (&domain_names_without_accept::RULE, domain_names_without_accept::check),
    (&redundant_policy::RULE, redundant_policy::check),
    (&redundant_rule::RULE, redundant_rule::check),
    (&shadowed_rule::RULE, shadowed_rule::check),
    (&replaced_object::RULE, replaced_object::check),
];

/// Every rule, in order of code.
pub fn rules() -> impl ExactSizeIterator<Item = &'static Rule> + Clone {
    CHECKS.iter().map(|(rule, _)| *rule)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{CHECKS, rules};
    use crate::Severity;
    use crate::rule::Code;
    use crate::testing::{Case, example};

    /// The mended example has no new fault either, none that is worth more than knowing.
    #[test]
    fn examples_trigger_their_rule_and_mended_do_not() {
        let mut complaints = Vec::new();
        for rule in rules() {
            let [found, mended] = example(rule).map(|text| match rule.code {
                Code::NP320 => Case::with_refused(&text).all_codes(),
                _ => Case::new(&text).all_codes(),
            });
            if found.iter().all(|(code, _)| *code != rule.code.as_str()) {
                complaints.push(format!("{} is not found: {found:?}", rule.code));
            }
            let before: BTreeSet<&str> =
                found.iter().map(|(code, _)| *code).filter(|code| *code != rule.code.as_str()).collect();
            let new = mended.iter().filter(|(code, severity)| {
                *code == rule.code.as_str() || (!before.contains(code) && *severity != Severity::Info)
            });
            complaints.extend(new.map(|(code, _)| format!("{}, mended: {code}", rule.code)));
        }
        assert_eq!(complaints, [""; 0]);
    }

    #[test]
    fn codes_are_unique_and_sorted() {
        let codes: Vec<Code> = rules().map(|rule| rule.code).collect();
        assert!(codes.is_sorted_by(|one, next| one < next), "{codes:?}");
        for code in &codes {
            let digits = code.as_str().strip_prefix("NP").unwrap_or_default();
            assert!(digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit()), "{code}");
        }
        assert_eq!(codes, Code::ALL);
    }

    #[test]
    fn names_are_unique_and_in_kebab_case() {
        let mut names: Vec<&str> = rules().map(|rule| rule.name).collect();
        for name in &names {
            let words =
                name.split('-').all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase()));
            assert!(words, "{name}");
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), CHECKS.len());
    }

    #[test]
    fn every_rule_is_documented() {
        for rule in rules() {
            for text in [rule.summary, rule.why, rule.help] {
                assert!(text.len() > 20 && text.ends_with('.'), "{}: `{text}`", rule.code);
                assert!(!text.contains('!'), "{}: `{text}`", rule.code);
            }
            assert!(!rule.references.is_empty(), "{}", rule.code);
            let mut references = rule.references.to_vec();
            references.sort();
            references.dedup();
            assert_eq!(references.len(), rule.references.len(), "{} repeats a reference", rule.code);
        }
    }
}
