//! Ports, port names and protocols.

use crate::object::Protocol;

/// A port number, 1-65535.
///
/// # Errors
/// With what is wrong.
pub(crate) fn port_number(number: i64) -> Result<u16, &'static str> {
    u16::try_from(number).ok().filter(|port| *port > 0).ok_or("write a number from 1 to 65535")
}

/// Whether a text may name a port (an IANA service name, RFC 6335).
///
/// # Errors
/// With what is wrong.
pub(crate) fn port_name(name: &str) -> Result<(), &'static str> {
    if name.is_empty() || name.len() > 15 {
        return Err("a port's name has 1 to 15 characters");
    }
    if !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-') {
        return Err("a port's name consists of lower-case letters, digits and `-`");
    }
    if !name.bytes().any(|byte| byte.is_ascii_lowercase()) {
        return Err("a port's name holds at least one letter");
    }
    if name.contains("--") || name.starts_with('-') || name.ends_with('-') {
        return Err("a port's name has no `-` at either end and no two in a row");
    }
    Ok(())
}

/// A protocol.
///
/// # Errors
/// With what to write.
pub(crate) fn protocol(text: &str) -> Result<Protocol, String> {
    Protocol::ALL.into_iter().find(|protocol| protocol.as_str() == text).ok_or_else(|| {
        match Protocol::ALL.into_iter().find(|protocol| protocol.as_str().eq_ignore_ascii_case(text)) {
            Some(meant) => format!("write `{}`", meant.as_str()),
            None => "write `TCP`, `UDP` or `SCTP`, or leave `protocol` out for `TCP`".to_owned(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        assert_eq!(port_number(1), Ok(1));
        assert_eq!(port_number(65_535), Ok(65_535));
        for number in [0, -1, 65_536, i64::MAX, i64::MIN] {
            assert!(port_number(number).is_err(), "{number}");
        }
    }

    #[test]
    fn names() {
        for name in ["http", "a", "http-2", "2-http", "abcdefghijklmno"] {
            assert_eq!(port_name(name), Ok(()), "{name}");
        }
        for name in ["", "80", "8-0", "HTTP", "http_2", "-http", "http-", "ht--tp", "abcdefghijklmnop", "é"]
        {
            assert!(port_name(name).is_err(), "{name}");
        }
    }

    #[test]
    fn protocols() {
        assert_eq!(protocol("SCTP"), Ok(Protocol::Sctp));
        assert_eq!(protocol("tcp"), Err("write `TCP`".to_owned()));
        assert!(protocol("").is_err());
        assert!(protocol("ICMP").is_err());
    }
}
