//! Domain names of peers.

/// Whether a text is a `DomainName`, as the pattern of the custom resource definitions says:
/// `^(\*\.)?([a-zA-z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?\.)+[a-zA-z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?\.?$`.
///
/// # Errors
/// With what to write.
pub(crate) fn domain_name(text: &str) -> Result<(), &'static str> {
    let name = text.strip_prefix("*.").unwrap_or(text);
    let name = name.strip_suffix('.').unwrap_or(name);
    if name.contains('*') {
        return Err("`*` may stand only in front, as in `*.example.com`");
    }
    if name.contains("://") || name.contains('/') || name.contains(':') {
        return Err("write the bare name, such as `example.com`, without a scheme, a port or a path");
    }
    if !name.contains('.') {
        return Err("write at least two labels, such as `example.com`");
    }
    if name.split('.').all(is_label) {
        Ok(())
    } else {
        Err("write labels of letters, digits, `-` and `_` with dots between them, such as `example.com`")
    }
}

fn is_label(label: &str) -> bool {
    // `A-z` of the pattern spans the signs between the upper-case and the lower-case letters.
    let first = |byte: &u8| byte.is_ascii_digit() || (b'A'..=b'z').contains(byte);
    let inner = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    match label.as_bytes() {
        [only] => first(only),
        [start, middle @ .., end] => first(start) && middle.iter().all(inner) && end.is_ascii_alphanumeric(),
        [] => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for name in [
            "kubernetes.io",
            "*.kubernetes.io",
            "a.b",
            "Example.COM.",
            "1.2.3.4",
            "_srv.example.com",
            "x--y.z_1.example",
            "[.a",
        ] {
            assert_eq!(domain_name(name), Ok(()), "{name}");
        }
        for name in [
            "",
            ".",
            "*",
            "*.",
            "com",
            "*.com",
            "example..com",
            ".example.com",
            "a.*.com",
            "*a.example.com",
            "*.*.com",
            "https://example.com",
            "example.com:443",
            "example.com/a",
            "-a.example.com",
            "a-.example.com",
            "a_.example.com",
            "a b.example.com",
            "é.example.com",
            "example.com..",
        ] {
            assert!(domain_name(name).is_err(), "{name}");
        }
    }
}
