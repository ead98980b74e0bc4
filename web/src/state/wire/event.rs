//! The messages of the worker.

use netpol_session::protocol::{Event, Graded, Response, Tested};
use netpol_view::Phase;
use netpol_view::contract::Summary;

use super::{Read, Wire, field, fields, name, names};

fields! {
    Graded { passed, shortest, lines, fewest, goals, refused }
    Tested { passed, failed, sheet }
}

names! {
    Phase { Reading "reading", Evaluating "evaluating", Finding "finding" } else Reading
}

/// Reads an answer, but for the matrix that travels beside an analysis; `None` where it is none to a question that the page
/// asks.
pub fn response(value: &impl Wire) -> Option<Response> {
    let id = value.property("id").number()? as u32;
    Some(Response { id, event: event(&value.property("event"))? })
}

/// A summary in which each finding has what it shares with all others of its rule.
pub fn summary(value: &impl Wire) -> Box<Summary> {
    let mut summary = Box::<Summary>::read(value);
    summary.share_rules();
    summary
}

fn event(value: &impl Wire) -> Option<Event> {
    let event = match value.property("type").text()?.as_str() {
        "progress" => Event::Progress { phase: field(value, "phase"), done: field(value, "done") },
        "analysis" => Event::Analysis {
            summary: summary(&value.property("summary")),
            milliseconds: field(value, "milliseconds"),
            tests: field(value, "tests"),
        },
        "withdrawn" => Event::Withdrawn { findings: field(value, "findings") },
        "explanation" => Event::Explanation { explanation: field(value, "explanation") },
        "unknown" => Event::Unknown,
        "verdict" => Event::Verdict { verdict: field(value, "verdict") },
        "reach" => Event::Reach { reach: field(value, "reach") },
        "unknownPeer" => Event::UnknownPeer { message: field(value, "message") },
        "preview" => Event::Preview { preview: field(value, "preview") },
        "migration" => Event::Migration { migration: field(value, "migration") },
        "written" => Event::Written {
            name: field(value, "name"),
            text: field(value, "text"),
            replaces: field(value, "replaces"),
        },
        "lab" => Event::Lab { lab: field(value, "lab") },
        "graded" => Event::Graded { graded: field(value, "graded") },
        "draft" => Event::Draft {
            name: field(value, "name"),
            runs: field(value, "runs"),
            problems: field(value, "problems"),
        },
        "quiz" => Event::Quiz { questions: field(value, "questions") },
        "sheet" => Event::Sheet { sheet: field(value, "sheet") },
        "located" => Event::Located { located: field(value, "located") },
        _ => return None,
    };
    Some(event)
}
