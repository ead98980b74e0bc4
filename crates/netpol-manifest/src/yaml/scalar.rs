//! What a scalar means.
//!
//! Kubernetes reads YAML with `sigs.k8s.io/yaml`, whose parser is go-yaml 2: YAML 1.1 with some of 1.2. There `y`,
//! `n`, `yes`, `no`, `on` and `off` are booleans in any of the usual spellings, a leading `0`, `0o`, `0x` and `0b`
//! give the base, underscores in numbers are skipped, and dates stay text.

use std::borrow::Cow;

use super::tree::Value;

/// What an unquoted scalar without a tag means.
pub(super) fn resolve(text: Cow<'_, str>) -> Value<'_> {
    let Some(first) = text.bytes().next() else { return Value::Null };
    match first {
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~' => word(text),
        b'.' => point(text),
        b'+' | b'-' | b'0'..=b'9' => number(text),
        _ => Value::Text(text),
    }
}

/// Whether an unquoted scalar is read as text, and not as a number, a boolean or nothing.
pub fn reads_as_text(plain: &str) -> bool {
    matches!(resolve(Cow::Borrowed(plain)), Value::Text(_))
}

/// Why a tag does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TagMismatch;

/// What a scalar with a tag of YAML's own (`!!int`, …) means; quoting makes no difference then.
///
/// # Errors
/// When the text is not of the tag's type.
pub(super) fn tagged<'t>(tag: &str, text: Cow<'t, str>) -> Result<Value<'t>, TagMismatch> {
    let value = match tag {
        "bool" | "int" | "float" | "null" => resolve(text),
        "binary" => return binary(&text).map(|text| Value::Text(Cow::Owned(text))).ok_or(TagMismatch),
        _ => return Ok(Value::Text(text)),
    };
    match (tag, value) {
        ("bool", value @ Value::Bool(_))
        | ("int", value @ Value::Integer(_))
        | ("float", value @ Value::Float(_))
        | ("null", value @ Value::Null) => Ok(value),
        ("float", Value::Integer(integer)) => Ok(Value::Float(integer as f64)),
        _ => Err(TagMismatch),
    }
}

/// The text of a key that is not text, as `sigs.k8s.io/yaml` writes it; `None` for null, which it refuses.
pub(super) fn key_text(value: Value<'_>) -> Option<Cow<'_, str>> {
    match value {
        Value::Text(text) => Some(text),
        Value::Bool(value) => Some(Cow::Borrowed(if value { "true" } else { "false" })),
        Value::Integer(value) => Some(Cow::Owned(value.to_string())),
        Value::Float(value) if value.is_nan() => Some(Cow::Borrowed(".nan")),
        Value::Float(value) if value.is_infinite() => {
            Some(Cow::Borrowed(if value > 0.0 { ".inf" } else { "-.inf" }))
        }
        Value::Float(value) => Some(Cow::Owned((value as f32).to_string())),
        Value::Null | Value::Skipped | Value::List(_) | Value::Map(_) => None,
    }
}

fn word(text: Cow<'_, str>) -> Value<'_> {
    match text.as_ref() {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Value::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Value::Bool(false)
        }
        "~" | "null" | "Null" | "NULL" => Value::Null,
        _ => Value::Text(text),
    }
}

fn point(text: Cow<'_, str>) -> Value<'_> {
    match text.as_ref() {
        ".nan" | ".NaN" | ".NAN" => Value::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" => Value::Float(f64::INFINITY),
        _ => decimal(&text).map_or(Value::Text(text), Value::Float),
    }
}

fn number(text: Cow<'_, str>) -> Value<'_> {
    match text.as_ref() {
        "+.inf" | "+.Inf" | "+.INF" => return Value::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Value::Float(f64::NEG_INFINITY),
        _ => {}
    }
    // No number that fits 64 bits needs more characters; the bound keeps long digests from being copied.
    if text.len() > 512
        || !text.bytes().skip(1).all(|byte| byte.is_ascii_alphanumeric() || b"_.+-".contains(&byte))
    {
        return Value::Text(text);
    }
    let plain: Cow<'_, str> =
        if text.contains('_') { Cow::Owned(text.replace('_', "")) } else { Cow::Borrowed(text.as_ref()) };
    let value = match integer(&plain) {
        Some(Ok(value)) => Some(Value::Integer(value)),
        Some(Err(approximate)) => Some(Value::Float(approximate)),
        None => decimal(&plain).map(Value::Float),
    };
    drop(plain);
    value.unwrap_or(Value::Text(text))
}

/// A whole number with an optional sign and base; one that does not fit 64 bits is given approximately.
fn integer(text: &str) -> Option<Result<i64, f64>> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, digits.get(2..)?),
        [b'0', b'o' | b'O', ..] => (8, digits.get(2..)?),
        [b'0', b'b' | b'B', ..] => (2, digits.get(2..)?),
        [b'0', _, ..] => (8, digits.get(1..)?),
        _ => (10, digits),
    };
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    let sign = if negative { -1_i128 } else { 1 };
    match i128::from_str_radix(digits, radix) {
        Ok(value) => Some(i64::try_from(sign * value).map_err(|_| (sign * value) as f64)),
        Err(_) => Some(Err(if negative { f64::NEG_INFINITY } else { f64::INFINITY })),
    }
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn decimal(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (unsigned.get(..at)?, unsigned.get(at + 1..)),
        None => (unsigned, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let fits = match mantissa.split_once('.') {
        Some(("", fraction)) => digits(fraction),
        Some((whole, fraction)) => digits(whole) && (fraction.is_empty() || digits(fraction)),
        None => digits(mantissa),
    };
    if !fits
        || exponent.is_some_and(|exponent| !digits(exponent.strip_prefix(['-', '+']).unwrap_or(exponent)))
    {
        return None;
    }
    // Out of range is no number to Go, which then takes the text.
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

/// Base64; bytes that are not UTF-8 become replacement characters, as in JSON.
fn binary(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held, mut padding) = (0_u32, 0_u32, 0_usize);
    let mut count = 0_usize;
    for byte in text.bytes().filter(|byte| !matches!(byte, b'\n' | b'\r')) {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => {
                padding += 1;
                count += 1;
                continue;
            }
            _ => return None,
        };
        if padding > 0 {
            return None;
        }
        count += 1;
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    (count.is_multiple_of(4) && padding <= 2).then(|| String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Value<'_> {
        resolve(Cow::Borrowed(text))
    }

    #[test]
    fn words() {
        for text in ["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"] {
            assert_eq!(plain(text), Value::Bool(true), "{text}");
        }
        for text in ["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"] {
            assert_eq!(plain(text), Value::Bool(false), "{text}");
        }
        for text in ["", "~", "null", "Null", "NULL"] {
            assert_eq!(plain(text), Value::Null, "{text}");
        }
        for text in ["yEs", "tRUE", "nil", "None", "oN", "yes ", "web", "TCP"] {
            assert_eq!(plain(text), Value::Text(text.into()), "{text}");
        }
    }

    #[test]
    fn whole_numbers() {
        for (text, value) in [
            ("0", 0),
            ("80", 80),
            ("-1", -1),
            ("+1", 1),
            ("017", 15),
            ("0o17", 15),
            ("0O17", 15),
            ("0x1F", 31),
            ("0X1f", 31),
            ("-0x10", -16),
            ("0b101", 5),
            ("-0b1", -1),
            ("1_000", 1000),
            ("0_17", 15),
            ("00", 0),
            ("9223372036854775807", i64::MAX),
            ("-9223372036854775808", i64::MIN),
        ] {
            assert_eq!(plain(text), Value::Integer(value), "{text}");
        }
    }

    #[test]
    fn other_numbers() {
        for (text, value) in [
            ("1.5", 1.5),
            ("-.5", -0.5),
            (".5", 0.5),
            ("1.", 1.0),
            ("1e3", 1000.0),
            ("1E-2", 0.01),
            ("08", 8.0),
            ("1_0.5", 10.5),
            ("18446744073709551615", 18446744073709551615.0),
            (".inf", f64::INFINITY),
            ("+.Inf", f64::INFINITY),
            ("-.INF", f64::NEG_INFINITY),
        ] {
            assert_eq!(plain(text), Value::Float(value), "{text}");
        }
        assert!(matches!(plain(".NaN"), Value::Float(value) if value.is_nan()));
    }

    #[test]
    fn what_only_looks_like_a_number_is_text() {
        for text in [
            "10.0.0.0/8",
            "1.2.3",
            "2024-01-01",
            "2001-12-14t21:59:43.10Z",
            "1e",
            "1e400",
            "0x",
            "0xg",
            "0b2",
            "1:30",
            "-",
            "+",
            "--1",
            "..",
            ".",
            "-a",
            "5432abc",
            "1.e",
            "e5",
            ".e5",
            "-.inf.",
            "0o8",
        ] {
            assert_eq!(plain(text), Value::Text(text.into()), "{text}");
        }
    }

    #[test]
    fn tags() {
        let tagged = |tag, text: &'static str| tagged(tag, Cow::Borrowed(text));
        assert_eq!(tagged("str", "80"), Ok(Value::Text("80".into())));
        assert_eq!(tagged("int", "0x10"), Ok(Value::Integer(16)));
        assert_eq!(tagged("int", "1.5"), Err(TagMismatch));
        assert_eq!(tagged("float", "3"), Ok(Value::Float(3.0)));
        assert_eq!(tagged("bool", "yes"), Ok(Value::Bool(true)));
        assert_eq!(tagged("bool", "web"), Err(TagMismatch));
        assert_eq!(tagged("null", ""), Ok(Value::Null));
        assert_eq!(tagged("binary", "d2Vi"), Ok(Value::Text("web".into())));
        assert_eq!(tagged("binary", "d2ViIQ=="), Ok(Value::Text("web!".into())));
        assert_eq!(tagged("binary", "d2V"), Err(TagMismatch));
        assert_eq!(tagged("binary", "d=Vi"), Err(TagMismatch));
        assert_eq!(tagged("timestamp", "2024-01-01"), Ok(Value::Text("2024-01-01".into())));
    }

    #[test]
    fn keys_become_text() {
        for (text, key) in [
            ("yes", Some("true")),
            ("off", Some("false")),
            ("017", Some("15")),
            ("1.50", Some("1.5")),
            (".inf", Some(".inf")),
            ("-.inf", Some("-.inf")),
            ("web", Some("web")),
            ("~", None),
        ] {
            assert_eq!(key_text(plain(text)).as_deref(), key, "{text}");
        }
    }
}
