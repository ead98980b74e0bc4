//! Names of objects, label keys and label values (`k8s.io/apimachinery/pkg/util/validation`).

/// What a name of some kind must look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NameRule {
    /// RFC 1123 label: Namespaces, Services, `metadata.namespace`.
    Label,
    /// RFC 1123 subdomain: most objects.
    Subdomain,
    /// A subdomain that leaves room for what the controller appends.
    CronJob,
    /// What may stand between two `/` of a URL: roles and their bindings.
    PathSegment,
}

impl NameRule {
    /// Whether a name keeps the rule.
    ///
    /// # Errors
    /// With what the rule is.
    pub(crate) fn check(self, name: &str) -> Result<(), &'static str> {
        const LABEL: &str =
            "use at most 63 lower-case letters, digits and `-`, with a letter or digit at both ends";
        const SUBDOMAIN: &str = "use at most 253 lower-case letters, digits, `-` and `.`, with a letter or digit at both ends of each part";
        const SEGMENT: &str = "it must not be `.` or `..`, nor hold `/` or `%`";
        match self {
            Self::Label if !is_dns_label(name) => Err(LABEL),
            Self::Subdomain | Self::CronJob if !is_dns_subdomain(name) => Err(SUBDOMAIN),
            Self::PathSegment if matches!(name, "" | "." | "..") || name.contains(['/', '%']) => Err(SEGMENT),
            Self::CronJob if name.len() > 52 => Err("the name of a CronJob may have at most 52 characters"),
            _ => Ok(()),
        }
    }

    /// Whether a `generateName` keeps the rule: it may end in `-`, as more is appended.
    ///
    /// # Errors
    /// With what the rule is.
    pub(crate) fn check_prefix(self, prefix: &str) -> Result<(), &'static str> {
        match prefix.strip_suffix('-') {
            Some(rest) if !rest.is_empty() => self.check(&format!("{rest}a")),
            _ => self.check(prefix),
        }
    }
}

fn is_lower(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

fn is_dns_part(part: &str) -> bool {
    let bytes = part.as_bytes();
    bytes.iter().all(|byte| is_lower(*byte) || *byte == b'-')
        && bytes.first().is_some_and(|byte| is_lower(*byte))
        && bytes.last().is_some_and(|byte| is_lower(*byte))
}

fn is_dns_label(name: &str) -> bool {
    name.len() <= 63 && is_dns_part(name)
}

fn is_dns_subdomain(name: &str) -> bool {
    name.len() <= 253 && name.split('.').all(is_dns_part)
}

/// Letters, digits, `-`, `_` and `.`, with a letter or digit at both ends.
fn is_label_text(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
        && bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
}

/// Whether a text may be the key of a label or annotation: `name` or `prefix/name`.
///
/// # Errors
/// With what is wrong.
pub(crate) fn label_key(key: &str) -> Result<(), &'static str> {
    let name = match key.split_once('/') {
        Some((prefix, name)) => {
            if name.contains('/') {
                return Err("a key may hold one `/` only, behind its prefix");
            }
            if !is_dns_subdomain(prefix) {
                return Err(
                    "what stands before the `/` must be a domain name in lower case, such as `example.com`",
                );
            }
            name
        }
        None => key,
    };
    if name.is_empty() {
        return Err("a key must not be empty");
    }
    if name.len() > 63 {
        return Err("a key may have at most 63 characters, not counting its prefix");
    }
    if !is_label_text(name) {
        return Err("use letters, digits, `-`, `_` and `.`, with a letter or digit at both ends");
    }
    Ok(())
}

/// Whether a text may be the value of a label; the empty text may.
///
/// # Errors
/// With what is wrong.
pub(crate) fn label_value(value: &str) -> Result<(), &'static str> {
    if value.len() > 63 {
        return Err("a label's value may have at most 63 characters");
    }
    if !value.is_empty() && !is_label_text(value) {
        return Err("use letters, digits, `-`, `_` and `.`, with a letter or digit at both ends");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (name, label, subdomain) in [
            ("web", true, true),
            ("1-web", true, true),
            ("a.b", false, true),
            ("Web", false, false),
            ("web_1", false, false),
            ("-web", false, false),
            ("web-", false, false),
            ("a..b", false, false),
            ("a.-b", false, false),
            ("", false, false),
            ("é", false, false),
            (&"a".repeat(63), true, true),
            (&"a".repeat(64), false, true),
            (&"a".repeat(254), false, false),
        ] {
            assert_eq!(NameRule::Label.check(name).is_ok(), label, "{name}");
            assert_eq!(NameRule::Subdomain.check(name).is_ok(), subdomain, "{name}");
        }
        assert!(NameRule::CronJob.check(&"a".repeat(52)).is_ok());
        assert!(NameRule::CronJob.check(&"a".repeat(53)).is_err());
        assert!(NameRule::Subdomain.check_prefix("web-").is_ok());
        assert!(NameRule::Subdomain.check_prefix("web.").is_err());
        assert!(NameRule::Subdomain.check_prefix("-").is_err());
    }

    #[test]
    fn labels() {
        for (key, good) in [
            ("app", true),
            ("app.kubernetes.io/name", true),
            ("App_1.x", true),
            ("a/b/c", false),
            ("/a", false),
            ("a/", false),
            ("Example.com/a", false),
            ("-a", false),
            ("a b", false),
            ("", false),
            (&"a".repeat(64), false),
        ] {
            assert_eq!(label_key(key).is_ok(), good, "{key}");
        }
        for (value, good) in [
            ("", true),
            ("v1.2", true),
            ("a b", false),
            ("a/b", false),
            ("-", false),
            (&"a".repeat(64), false),
        ] {
            assert_eq!(label_value(value).is_ok(), good, "{value}");
        }
    }
}
