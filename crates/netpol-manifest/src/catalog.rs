//! What stands where in the objects of the kinds that are read: the tables of all levels, joined by the kinds.

use crate::decode::kinds;
use crate::schema::{self, Field, Level, Type};

/// What is known of an object from its outermost mapping on: the type at the end of a path of field names.
///
/// `steps` are field names, `None` for an item of a list; `kind` tells what stands under `spec`. `None` where the
/// path leads to nothing that is known.
pub fn type_at<'a>(kind: Option<&str>, steps: impl IntoIterator<Item = Option<&'a str>>) -> Option<Type> {
    let is_list = kind.is_some_and(|kind| kind.ends_with("List"));
    let object = || kind.and_then(kinds::by_name).map_or(&schema::OBJECT, |known| known.object);
    let mut found = Type::Structure(if is_list { &schema::LIST } else { object() });
    for step in steps {
        found = match (found, step) {
            (Type::Structure(level), Some(name)) => match level.field(name)?.value {
                Type::Spec => Type::Structure(spec(kind?)?),
                value => value,
            },
            (Type::List(item), None) => *item,
            // An item of a list of such is such a one.
            (Type::Either(..), None) => found,
            (Type::Either(_, Type::Structure(level)), Some(name)) => level.field(name)?.value,
            (Type::Labels, Some(_)) => Type::LabelValue,
            _ => return None,
        };
    }
    Some(found)
}

/// The field at the end of such a path.
pub fn field_at<'a>(
    kind: Option<&str>,
    steps: impl IntoIterator<Item = Option<&'a str>>,
    name: &str,
) -> Option<&'static Field> {
    match type_at(kind, steps)? {
        Type::Structure(level) => level.field(name),
        Type::Either(_, Type::Structure(level)) => level.field(name),
        _ => None,
    }
}

/// The kinds that are read, each with the `apiVersion` to write and what it is.
pub fn kinds() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    kinds::KINDS.iter().map(|kind| (kind.name, kind.api_version(), kind.documentation))
}

/// What stands under `spec` of a kind.
fn spec(kind: &str) -> Option<&'static Level> {
    kinds::by_name(kind).map(|known| known.spec)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(found: Type, seen: &mut Vec<&'static str>) {
        match found {
            Type::List(item) => check(*item, seen),
            Type::Either(words, item) => {
                check(Type::Choice(words), seen);
                check(*item, seen);
            }
            Type::Choice(choices) => {
                assert!(choices.iter().all(|choice| choice.documentation.ends_with('.')));
            }
            Type::Structure(level) if !seen.contains(&level.name) => {
                seen.push(level.name);
                let mut names: Vec<&str> = level.names().collect();
                names.sort_unstable();
                assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{}: {names:?}", level.name);
                for field in level.fields {
                    let text = field.documentation;
                    assert!(
                        text.ends_with('.') && text.len() > 12 && text.matches('`').count() % 2 == 0,
                        "{}.{}: {text}",
                        level.name,
                        field.name
                    );
                    check(field.value, seen);
                }
                for (misplaced, _) in level.misplaced {
                    assert!(level.field(misplaced).is_none(), "{}.{misplaced}", level.name);
                }
            }
            _ => {}
        }
    }

    #[test]
    fn every_field_is_there_once_and_documented() {
        let mut seen = Vec::new();
        check(Type::Structure(&schema::OBJECT), &mut seen);
        check(Type::Structure(&schema::LIST), &mut seen);
        for kind in kinds::KINDS {
            check(Type::Structure(kind.object), &mut seen);
            check(Type::Structure(kind.spec), &mut seen);
            assert!(kind.documentation.ends_with('.'), "{}", kind.name);
        }
        assert!(seen.contains(&"IPBlock") && seen.contains(&"ContainerPort"));
    }

    #[test]
    fn paths_in_cluster_scoped_policies() {
        let cluster = Some("ClusterNetworkPolicy");
        let rule = [Some("spec"), Some("egress"), None];
        let name = |kind, rest: &[Option<&'static str>]| match type_at(kind, rule.iter().chain(rest).copied())
        {
            Some(Type::Structure(level)) => level.name,
            Some(found) => found.words(),
            None => "nothing",
        };
        let port = [Some("protocols"), None, Some("udp"), Some("destinationPort")];
        assert_eq!(name(cluster, &port), "Port");
        assert_eq!(name(Some("AdminNetworkPolicy"), &port), "nothing");
        assert_eq!(
            name(Some("AdminNetworkPolicy"), &[Some("ports"), None, Some("portRange")]),
            "PortRange (v1alpha1)"
        );
        assert_eq!(name(cluster, &[Some("to"), None, Some("networks"), None]), "CIDR");
        assert_eq!(name(cluster, &[Some("to"), None, Some("pods"), Some("podSelector")]), "LabelSelector");
        assert_eq!(
            name(Some("BaselineAdminNetworkPolicy"), &[Some("to"), None, Some("domainNames")]),
            "nothing"
        );
        assert!(field_at(cluster, [Some("spec")], "tier").is_some());
        assert!(field_at(Some("AdminNetworkPolicy"), [Some("spec")], "tier").is_none());
        assert!(field_at(Some("BaselineAdminNetworkPolicy"), [Some("spec")], "priority").is_none());
    }

    #[test]
    fn paths_lead_to_types() {
        let policy = Some("NetworkPolicy");
        let path = [Some("spec"), Some("ingress"), None, Some("from"), None];
        assert!(
            matches!(type_at(policy, path), Some(Type::Structure(level)) if level.name == "NetworkPolicyPeer")
        );
        let labels = path.into_iter().chain([Some("podSelector"), Some("matchLabels")]);
        assert!(matches!(type_at(policy, labels.clone()), Some(Type::Labels)));
        assert!(matches!(type_at(policy, labels.chain([Some("app")])), Some(Type::LabelValue)));
        assert!(type_at(policy, [Some("spec"), Some("template")]).is_none());
        assert!(type_at(None, [Some("spec")]).is_none());
        assert!(type_at(Some("List"), [Some("items")]).is_some());
        assert!(field_at(policy, path, "ipBlock").is_some());
    }
}
