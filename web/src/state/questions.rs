//! Questions: whether a source can reach a destination, on one port or on any; and those that are kept, which are asked
//! again of each analysis and so say whether what is expected still holds.

use netpol_session::protocol::Command;
use netpol_view::contract::{Connection, Explanation, Protocol, Verdict};
use serde::Serialize;

use super::matrix::face::{Face, Shape};
use super::settings::PortChoice;

/// So many questions are kept.
const MOST: usize = 10;

/// A question, its ends by id, name or address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Question {
    /// Who.
    pub source: String,
    /// Whom.
    pub destination: String,
    /// On which port; none is any.
    pub port: Option<PortChoice>,
}

impl Question {
    /// What the worker is asked.
    pub fn command(&self) -> Command {
        let (source, destination) = (self.source.clone(), self.destination.clone());
        match self.port {
            Some(PortChoice { protocol, port }) => {
                Command::Query { connection: Connection { source, destination, protocol, port } }
            }
            None => Command::Reach { source, destination },
        }
    }
}

/// Puts a question before the others that are kept.
pub fn keep(questions: &mut Vec<Question>, question: Question) {
    questions.retain(|kept| *kept != question);
    questions.insert(0, question);
    questions.truncate(MOST);
}

/// The form of a question, as it is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typed {
    /// Who.
    pub source: String,
    /// Whom.
    pub destination: String,
    /// The protocol of the port.
    pub protocol: Protocol,
    /// The port; nothing is any.
    pub port: String,
}

impl From<&Question> for Typed {
    fn from(question: &Question) -> Self {
        Self {
            source: question.source.clone(),
            destination: question.destination.clone(),
            protocol: question.port.map_or(Protocol::Tcp, |port| port.protocol),
            port: question.port.map_or_else(String::new, |port| port.port.to_string()),
        }
    }
}

impl Typed {
    /// What is asked.
    ///
    /// # Errors
    /// What is wrong with the form, in words.
    pub fn question(&self) -> Result<Question, String> {
        let (source, destination) = (self.source.trim(), self.destination.trim());
        let written = self.port.trim();
        for (end, what) in [(source, "source"), (destination, "destination")] {
            if end.is_empty() {
                return Err(format!(
                    "the {what} is empty: name a workload, such as `shop/cart`, or an IP address"
                ));
            }
        }
        let port = match written.parse() {
            _ if written.is_empty() => None,
            Ok(port) if port > 0 => Some(PortChoice { protocol: self.protocol, port }),
            _ => {
                let words = "is not a port: write a number from 1 to 65535, or nothing for any port";
                return Err(format!("`{written}` {words}"));
            }
        };
        Ok(Question { source: source.to_owned(), destination: destination.to_owned(), port })
    }
}

/// How a question that is kept stands in the last analysis.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Standing {
    /// The worker was asked.
    #[default]
    Asked,
    /// It is allowed.
    Yes,
    /// It is not.
    No,
    /// Of any port: these.
    Some(String),
    /// It was not evaluated.
    NotEvaluated,
    /// An end is nobody's.
    Unknown,
}

impl Standing {
    /// Of one port.
    pub fn of_port(verdict: &Verdict) -> Self {
        match verdict.allowed {
            _ if verdict.not_evaluated => Self::NotEvaluated,
            true => Self::Yes,
            false => Self::No,
        }
    }

    /// Of any port.
    pub fn of_all(explanation: &Explanation) -> Self {
        match Face::of(&explanation.allowed).shape {
            _ if explanation.not_evaluated => Self::NotEvaluated,
            Shape::All => Self::Yes,
            Shape::None => Self::No,
            _ => Self::Some(explanation.allowed.text.clone()),
        }
    }

    /// In words, with a sign before them.
    pub fn words(&self) -> (&'static str, &str) {
        match self {
            Self::Asked => ("…", ""),
            Self::Yes => ("✓", "yes"),
            Self::No => ("✕", "no"),
            Self::Some(ports) => ("✓", ports),
            Self::NotEvaluated => ("?", "not evaluated"),
            Self::Unknown => ("?", "no such end"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(source: &str, destination: &str, port: &str) -> Typed {
        let (source, destination) = (source.to_owned(), destination.to_owned());
        Typed { source, destination, protocol: Protocol::Udp, port: port.to_owned() }
    }

    #[test]
    fn a_form_is_a_question_or_says_what_is_wrong() {
        let question = typed(" shop/cart ", "redis", " 53 ").question().unwrap();
        let port = Some(PortChoice { protocol: Protocol::Udp, port: 53 });
        assert_eq!(question, Question { source: "shop/cart".into(), destination: "redis".into(), port });
        assert_eq!(typed("a", "b", " ").question().unwrap().port, None);
        for (form, words) in [
            (typed(" ", "b", "1"), "the source is empty"),
            (typed("a", "", "1"), "the destination is empty"),
            (typed("a", "b", "0"), "`0` is not a port"),
            (typed("a", "b", "65536"), "`65536` is not a port"),
            (typed("a", "b", "http"), "`http` is not a port"),
        ] {
            let said = form.question().unwrap_err();
            assert!(said.starts_with(words), "{said}");
        }
    }

    #[test]
    fn a_question_fills_the_form_from_which_it_comes() {
        let port = Some(PortChoice { protocol: Protocol::Sctp, port: 9 });
        for port in [port, None] {
            let question = Question { source: "a".into(), destination: "b".into(), port };
            assert_eq!(Typed::from(&question).question(), Ok(question));
        }
    }

    #[test]
    fn the_last_ten_are_kept_each_once_the_newest_first() {
        let question = |number: u32| Question { source: number.to_string(), ..Question::default() };
        let mut kept = Vec::new();
        for number in 0..12 {
            keep(&mut kept, question(number));
        }
        assert_eq!((kept.len(), &kept[0].source[..], &kept[9].source[..]), (10, "11", "2"));
        keep(&mut kept, question(5));
        assert_eq!((kept.len(), &kept[0].source[..], &kept[1].source[..]), (10, "5", "11"));
    }
}
