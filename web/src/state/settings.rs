//! What a person set up and finds again: theme, options, divider, switches, questions.

use netpol_view::contract::{Options, Protocol};
use serde::Serialize;

use super::questions::Question;
use super::training::{Exam, Solved};

/// The settings; every one has a default, so a document that lacks some still reads.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// Light or dark.
    pub theme: Theme,
    /// How to analyse.
    pub options: Options,
    /// The share of the width that the editor takes, in tenths of a percent.
    pub divider: u16,
    /// Whether addresses outside the cluster are rows and columns.
    pub outside: bool,
    /// Whether hypothetical workloads are rows and columns.
    pub hypothetical: bool,
    /// The port that the matrix is read for; none is any.
    pub port: Option<PortChoice>,
    /// The last questions, the newest first.
    pub questions: Vec<Question>,
    /// The labs that were solved.
    pub solved: Vec<Solved>,
    /// The exam that is sat, or the result of the last one.
    pub exam: Option<Exam>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: Theme::System,
            options: Options::default(),
            divider: 380,
            outside: true,
            hypothetical: true,
            port: None,
            questions: Vec::new(),
            solved: Vec::new(),
            exam: None,
        }
    }
}

impl Settings {
    /// The narrowest and the widest editor, in tenths of a percent.
    pub const DIVIDER: std::ops::RangeInclusive<u16> = 180..=750;

    /// Moves the divider as far as it goes.
    pub fn set_divider(&mut self, share: u16) {
        self.divider = share.clamp(*Self::DIVIDER.start(), *Self::DIVIDER.end());
    }
}

/// Colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// As the system has it.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// All, in the order in which the button goes through them.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// The one that is called so.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.name() == name)
    }

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The one that the button goes to from here.
    pub fn next(self) -> Self {
        match self {
            Self::System => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::System,
        }
    }
}

/// One protocol and port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct PortChoice {
    /// The protocol.
    pub protocol: Protocol,
    /// The port, 1-65535.
    pub port: u16,
}

impl std::fmt::Display for PortChoice {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} {}", protocol_name(self.protocol), self.port)
    }
}

impl PortChoice {
    /// Reads what `Display` writes.
    pub fn parse(text: &str) -> Option<Self> {
        let (protocol, port) = text.split_once(' ')?;
        let protocol = [Protocol::Tcp, Protocol::Udp, Protocol::Sctp]
            .into_iter()
            .find(|candidate| protocol_name(*candidate) == protocol)?;
        Some(Self { protocol, port: port.parse().ok().filter(|port| *port > 0)? })
    }
}

/// `TCP`, `UDP` or `SCTP`.
pub fn protocol_name(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Tcp => "TCP",
        Protocol::Udp => "UDP",
        Protocol::Sctp => "SCTP",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::wire::Read as _;

    #[test]
    fn settings_that_lack_fields_read() {
        let settings: Settings = Settings::read(&serde_json::json!({ "theme": "dark", "unknown": 1 }));
        assert_eq!(settings, Settings { theme: Theme::Dark, ..Settings::default() });
    }

    #[test]
    fn a_port_reads_as_it_is_written() {
        let port = PortChoice { protocol: Protocol::Udp, port: 53 };
        assert_eq!(PortChoice::parse(&port.to_string()), Some(port));
        for wrong in ["", "any", "TCP", "TCP 0", "TCP 65536", "ICMP 1"] {
            assert_eq!(PortChoice::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_divider_stops_at_its_ends() {
        let mut settings = Settings::default();
        settings.set_divider(990);
        assert_eq!(settings.divider, 750);
        settings.set_divider(0);
        assert_eq!(settings.divider, 180);
    }
}
