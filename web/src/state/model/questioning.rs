//! The question that is open and those that are kept: asked of the worker, and again after each analysis.

use netpol_view::Reach;
use netpol_view::contract::{PeerType, Verdict};

use super::{Effect, Model, Pane, Side, View};
use crate::state::analysis::Analysis;
use crate::state::panel::{Kept, Query, QueryState};
use crate::state::questions::{self, Question, Standing, Typed};
use crate::state::settings::PortChoice;
use crate::state::shared::Shared;

impl Query {
    fn open(typed: Typed) -> Self {
        Self { typed, state: QueryState::Open, kept: Vec::new(), request: 0, is_new: true }
    }

    /// Notes how a question stands that is kept. Answers whether it is one.
    fn stands(&mut self, request: u32, standing: Standing) -> bool {
        let kept = self.kept.iter_mut().find(|kept| kept.request == request);
        kept.map(|kept| kept.standing = standing).is_some()
    }
}

impl Model {
    /// Opens the form, with the ends of the cell that is open.
    pub(super) fn open_query(&mut self) -> Vec<Effect> {
        let question = self.question_of_cell().unwrap_or_default();
        let picked = Question { port: self.settings.port.or(question.port), ..question };
        let mut effects = self.close_why();
        self.sheet = None;
        self.forget_cursor();
        effects.extend(self.go_to_view(View::Matrix));
        self.pane = Pane::Results;
        self.query = Some(Query::open(Typed::from(&picked)));
        effects.extend(self.ask_kept());
        effects
    }

    /// The question that the open cell is about: on the port that its destination is there for.
    fn question_of_cell(&self) -> Option<Question> {
        let (why, analysis) = (self.why.as_ref()?, self.analysis.as_ref()?);
        let (source, destination) = (analysis.peer(&why.source)?, analysis.peer(&why.destination)?);
        let ports = analysis.summary.peers.get(destination).and_then(|peer| peer.ports.as_ref());
        let declared = ports.and_then(|ports| ports.first());
        Some(Question {
            source: analysis.query_name(source),
            destination: analysis.query_name(destination),
            port: declared.map(|port| PortChoice { protocol: port.protocol, port: port.port }),
        })
    }

    /// Somebody asks.
    pub(super) fn ask_query(&mut self, typed: Typed) -> Vec<Effect> {
        self.proposal = None;
        let question = typed.question();
        let kept = self.query.take().map(|query| query.kept).unwrap_or_default();
        let mut query = Query { kept, ..Query::open(typed) };
        let mut effects = Vec::new();
        match question {
            Ok(question) => {
                let (request, asked) = self.session.ask(question.command());
                (query.state, query.request) = (QueryState::Asked, request);
                effects.extend(asked);
            }
            Err(words) => query.state = QueryState::Failed(words),
        }
        self.query = Some(query);
        effects.extend(self.forget_deciding());
        effects
    }

    /// After a new analysis: the old answer stays in sight until the new one is there.
    pub(super) fn ask_query_again(&mut self) -> Vec<Effect> {
        let Some(query) = &mut self.query else { return Vec::new() };
        let mut effects = Vec::new();
        if let Some(question) = query.typed.question().ok().filter(|_| query.was_asked()) {
            let (request, asked) = self.session.ask(question.command());
            query.request = request;
            effects.extend(asked);
        }
        effects.extend(self.ask_kept());
        effects
    }

    /// Asks all questions that are kept.
    fn ask_kept(&mut self) -> Vec<Effect> {
        let Some(query) = &mut self.query else { return Vec::new() };
        let mut effects = Vec::new();
        let mut old = std::mem::take(&mut query.kept).into_iter();
        for question in &self.settings.questions {
            let (request, asked) = self.session.ask(question.command());
            // How it stood stays in sight until it is known how it stands.
            let standing = old.next().map(|kept| kept.standing).unwrap_or_default();
            query.kept.push(Kept { standing, request });
            effects.extend(asked);
        }
        effects
    }

    pub(super) fn close_query(&mut self) -> Vec<Effect> {
        if self.query.take().is_none() {
            return Vec::new();
        }
        self.proposal = None;
        self.forget_deciding()
    }

    pub(super) fn forget_question(&mut self, place: usize) -> Vec<Effect> {
        if place >= self.settings.questions.len() {
            return Vec::new();
        }
        self.settings.questions.remove(place);
        if let Some(query) = self.query.as_mut().filter(|query| place < query.kept.len()) {
            query.kept.remove(place);
        }
        self.settings_changed(Vec::new())
    }

    /// One port was judged.
    pub(super) fn is_judged(&mut self, request: u32, verdict: Verdict) -> Vec<Effect> {
        let standing = Standing::of_port(&verdict);
        let Some(query) = &mut self.query else { return Vec::new() };
        if query.stands(request, standing.clone()) || query.request != request {
            return Vec::new();
        }
        let verdict = Shared::new(verdict);
        query.state = QueryState::Answered(verdict.clone());
        let (egress, ingress) = (&verdict.egress, &verdict.ingress);
        let ends = [(&egress.steps[..], !egress.allowed), (&ingress.steps[..], !ingress.allowed)];
        let port = PortChoice { protocol: verdict.connection.protocol, port: verdict.connection.port };
        self.is_answered(ends, Some(port), standing)
    }

    /// All ports were judged.
    pub(super) fn is_reached(&mut self, request: u32, reach: Reach) -> Vec<Effect> {
        let standing = Standing::of_all(&reach.explanation);
        let Some(query) = &mut self.query else { return Vec::new() };
        if query.stands(request, standing.clone()) || query.request != request {
            return Vec::new();
        }
        let reach = Shared::new(reach);
        query.state = QueryState::Reached(reach.clone());
        self.is_answered(super::lines::ends_of(&reach.explanation, None), None, standing)
    }

    /// The question is answered: its lines light up, and where it is new its cell is brought into sight and it is kept.
    fn is_answered(
        &mut self,
        ends: [super::lines::DecidedEnd<'_>; 2],
        port: Option<PortChoice>,
        standing: Standing,
    ) -> Vec<Effect> {
        let Some(query) = &mut self.query else { return Vec::new() };
        let is_new = std::mem::take(&mut query.is_new);
        let mut effects = self.decided(ends, port, is_new);
        if is_new {
            effects.extend(self.keep_question(standing));
        }
        effects
    }

    fn keep_question(&mut self, standing: Standing) -> Vec<Effect> {
        let (Some(query), Some(analysis)) = (&mut self.query, self.analysis.clone()) else {
            return Vec::new();
        };
        let Some((source, destination)) = query.ends() else { return Vec::new() };
        if are_outside(&analysis, source, destination) {
            return Vec::new();
        }
        let (source, destination) = (source.to_owned(), destination.to_owned());
        if let Ok(question) = query.typed.question() {
            let kept = &mut self.settings.questions;
            if let Some(at) =
                kept.iter().position(|kept| *kept == question).filter(|at| *at < query.kept.len())
            {
                query.kept.remove(at);
            }
            // Answered already: what comes to this request is the open question's.
            query.kept.insert(0, Kept { standing, request: 0 });
            questions::keep(kept, question);
            query.kept.truncate(kept.len());
        }
        self.uncover(&source, Side::Rows);
        self.uncover(&destination, Side::Columns);
        self.settings_changed(Vec::new())
    }

    /// An end of a question is nobody's.
    pub(super) fn is_nobodys(&mut self, request: u32, message: String) -> Vec<Effect> {
        let Some(query) = &mut self.query else { return Vec::new() };
        if query.stands(request, Standing::Unknown) || query.request != request {
            return Vec::new();
        }
        query.state = QueryState::Failed(message);
        self.forget_deciding()
    }
}

/// Whether both ends are outside, where no policy has a say.
pub fn are_outside(analysis: &Analysis, source: &str, destination: &str) -> bool {
    let is = |id: &str| analysis.peer(id).is_some_and(|peer| analysis.is(peer, PeerType::External));
    is(source) && is(destination)
}

#[cfg(test)]
mod tests;
