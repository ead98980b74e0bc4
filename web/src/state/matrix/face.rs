//! What a cell shows.

use netpol_view::contract::ConnectionSet;

use crate::state::settings::{PortChoice, protocol_name};
use netpol_view::contract::Protocol;

/// The shape of a cell; with its text and its colour, one of three ways in which cells differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Everything is allowed: filled.
    All,
    /// Something is allowed: light, or half filled where there is no room for text.
    Some,
    /// Nothing is allowed: a dot.
    None,
    /// Of a namespace: some pairs are connected and some are not, or not alike.
    Mixed,
    /// Nothing to say: two addresses outside.
    Blank,
    /// Not evaluated: a question mark.
    Unknown,
}

impl Shape {
    /// What style sheets call it.
    pub fn class(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Some => "some",
            Self::None => "none",
            Self::Mixed => "mixed",
            Self::Blank => "blank",
            Self::Unknown => "unknown",
        }
    }
}

/// What a cell shows: its shape, and a text that fits. Text and suffix together have at most 9 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Face {
    /// The shape.
    pub shape: Shape,
    /// The first port or range, as the connections say it too; empty where the shape says it all.
    pub text: String,
    /// What stands behind it and is the cell's own: `/U`, ` +1`, `yes`.
    pub suffix: String,
}

impl Face {
    /// The face of a set of connections, for any port.
    pub fn of(set: &ConnectionSet) -> Self {
        let full = |intervals: &[(u16, u16)]| matches!(intervals, [(0 | 1, u16::MAX)]);
        if full(&set.tcp) && full(&set.udp) && full(&set.sctp) {
            return Self { text: "all".to_owned(), ..Self::plain(Shape::All) };
        }
        let intervals: Vec<(Protocol, u16, u16)> =
            [(Protocol::Tcp, &set.tcp), (Protocol::Udp, &set.udp), (Protocol::Sctp, &set.sctp)]
                .into_iter()
                .flat_map(|(protocol, list)| list.iter().map(move |(first, last)| (protocol, *first, *last)))
                .collect();
        let Some((protocol, first, last)) = intervals.first().copied() else {
            return Self::plain(Shape::None);
        };
        let more = intervals.len() - 1;
        let mut suffix = String::new();
        let text = if first <= 1 && last == u16::MAX {
            protocol_name(protocol).to_owned()
        } else {
            let range = format!("{first}-{last}");
            let text = match first == last {
                true => first.to_string(),
                false if range.len() <= 7 && more == 0 && protocol == Protocol::Tcp => range,
                false => {
                    suffix.push('…');
                    first.to_string()
                }
            };
            suffix.push_str(match protocol {
                Protocol::Tcp => "",
                Protocol::Udp => "/U",
                Protocol::Sctp => "/S",
            });
            text
        };
        if more > 0 {
            suffix.push_str(&format!(" +{more}"));
        }
        Self { shape: Shape::Some, text, suffix }
    }

    /// The face of a set for one port: yes or no.
    pub fn for_port(set: &ConnectionSet, choice: PortChoice) -> Self {
        if set.contains(choice.protocol, choice.port) {
            Self { suffix: "yes".to_owned(), ..Self::plain(Shape::All) }
        } else {
            Self::plain(Shape::None)
        }
    }

    /// A cell that was not evaluated.
    pub fn unknown() -> Self {
        Self { suffix: "?".to_owned(), ..Self::plain(Shape::Unknown) }
    }

    /// A cell without anything to say.
    pub fn blank() -> Self {
        Self::plain(Shape::Blank)
    }

    /// A shape without text.
    pub fn plain(shape: Shape) -> Self {
        Self { shape, text: String::new(), suffix: String::new() }
    }

    /// How many characters it shows.
    pub fn length(&self) -> usize {
        self.text.chars().count() + self.suffix.chars().count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::fixture;

    #[test]
    fn cells_say_their_ports() {
        let udp = |port| ConnectionSet {
            text: format!("UDP {port}"),
            udp: vec![(port, port)],
            ..ConnectionSet::default()
        };
        let cases = [
            (fixture::all(), "all"),
            (fixture::none(), ""),
            (fixture::tcp(&[(8080, 8080)]), "8080"),
            (fixture::tcp(&[(80, 80), (443, 443)]), "80 +1"),
            (fixture::tcp(&[(80, 90)]), "80-90"),
            (fixture::tcp(&[(30000, 32767)]), "30000…"),
            (fixture::tcp(&[(1, 65535)]), "TCP"),
            (udp(53), "53/U"),
        ];
        for (set, text) in cases {
            let face = Face::of(&set);
            assert_eq!(format!("{}{}", face.text, face.suffix), text, "{}", set.text);
            assert!(set.text.contains(&face.text), "`{}` stands in `{}`", face.text, set.text);
        }
    }

    #[test]
    fn shapes_tell_all_some_and_none_apart() {
        let shapes =
            [fixture::all(), fixture::tcp(&[(80, 80)]), fixture::none()].map(|set| Face::of(&set).shape);
        assert_eq!(shapes, [Shape::All, Shape::Some, Shape::None]);
    }

    #[test]
    fn a_port_is_a_yes_or_a_no() {
        let choice = PortChoice { protocol: Protocol::Tcp, port: 85 };
        assert_eq!(Face::for_port(&fixture::tcp(&[(80, 90)]), choice).suffix, "yes");
        assert_eq!(Face::for_port(&fixture::tcp(&[(80, 80)]), choice).shape, Shape::None);
    }
}
