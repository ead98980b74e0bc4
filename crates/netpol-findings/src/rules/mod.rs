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
mod superseded_kind;
mod unknown_port_name;
mod unprotected_workload;
mod webhook_blocked;

pub(crate) use superseded_kind::RULE as SUPERSEDED_KIND;

use crate::rule::Rule;

/// Every rule, in order of code.
pub const RULES: &[Rule] = &[
    no_default_deny_ingress::RULE,
    no_default_deny_egress::RULE,
    unprotected_workload::RULE,
    cross_namespace_reach::RULE,
    open_egress::RULE,
    open_ingress::RULE,
    metadata_endpoint_reachable::RULE,
    api_server_exposed::RULE,
    blast_radius::RULE,
    exposed_without_restriction::RULE,
    published_but_blocked::RULE,
    webhook_blocked::RULE,
    api_server_unreachable::RULE,
    scrape_blocked::RULE,
    allow_all_rule::RULE,
    rule_without_peers::RULE,
    rule_without_ports::RULE,
    broad_cidr::RULE,
    every_namespace::RULE,
    dns_to_anywhere::RULE,
    label_anyone_can_set::RULE,
    subject_matches_nothing::RULE,
    peer_matches_nothing::RULE,
    and_or_confusion::RULE,
    rules_without_type::RULE,
    dns_blocked::RULE,
    one_sided_allow::RULE,
    unknown_port_name::RULE,
    port_not_served::RULE,
    host_network_subject::RULE,
    isolates_its_own_namespace::RULE,
    address_block_covers_pods::RULE,
    empty_namespace::RULE,
    protocol_mismatch::RULE,
    needs_plugin_support::RULE,
    same_priority_conflict::RULE,
    looks_like_deny_egress::RULE,
    except_allowed_elsewhere::RULE,
    peer_on_host_network::RULE,
    label_on_the_wrong_object::RULE,
    refused_leaves_open::RULE,
    superseded_kind::RULE,
    admin_overrides_network_policy::RULE,
    networks_cover_pods::RULE,
    pass_caught_by_nothing::RULE,
    domain_names_without_accept::RULE,
    redundant_policy::RULE,
    redundant_rule::RULE,
    shadowed_rule::RULE,
    replaced_object::RULE,
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::RULES;
    use crate::Severity;
    use crate::testing::Case;

    /// The mended example has no new fault either, none that is worth more than knowing.
    #[test]
    fn examples_trigger_their_rule_and_mended_do_not() {
        let mut complaints = Vec::new();
        for rule in RULES {
            let [found, mended] = [rule.example.triggers, rule.example.mended].map(|text| match rule.code {
                "NP320" => Case::with_refused(text).all_codes(),
                _ => Case::new(text).all_codes(),
            });
            if found.iter().all(|(code, _)| *code != rule.code) {
                complaints.push(format!("{} is not found: {found:?}", rule.code));
            }
            let before: BTreeSet<&str> =
                found.iter().map(|(code, _)| *code).filter(|code| *code != rule.code).collect();
            let new = mended.iter().filter(|(code, severity)| {
                *code == rule.code || (!before.contains(code) && *severity != Severity::Info)
            });
            complaints.extend(new.map(|(code, _)| format!("{}, mended: {code}", rule.code)));
        }
        assert_eq!(complaints, [""; 0]);
    }

    #[test]
    fn codes_are_unique_and_sorted() {
        let codes: Vec<&str> = RULES.iter().map(|rule| rule.code).collect();
        assert!(codes.is_sorted_by(|one, next| one < next), "{codes:?}");
        for code in codes {
            let digits = code.strip_prefix("NP").unwrap_or_default();
            assert!(digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit()), "{code}");
        }
    }

    #[test]
    fn names_are_unique_and_in_kebab_case() {
        let mut names: Vec<&str> = RULES.iter().map(|rule| rule.name).collect();
        for name in &names {
            let words =
                name.split('-').all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase()));
            assert!(words, "{name}");
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), RULES.len());
    }

    #[test]
    fn every_rule_is_documented() {
        for rule in RULES {
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
