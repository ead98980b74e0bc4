//! What leaves the page: its address, links, the files as texts, and what the page around it is told.

use super::{Effect, Model, View};
use crate::state::address::{Address, Start as Wanted};
use crate::state::analysis::Analysis;
use crate::state::place::Place;
use crate::state::told::Told;
use crate::state::work::{LinkDocument, Which, WorkEffect, Written};

impl Model {
    pub(super) fn link(&self) -> LinkDocument {
        let cell = self.why.as_ref().map(|why| (why.source.clone(), why.destination.clone()));
        let view = (self.view != View::default()).then(|| self.view.id());
        // Whoever gets it is to solve it, not to see how.
        if let Some(lab) = &self.training.lab {
            return LinkDocument::of_lab(&lab.text);
        }
        LinkDocument::new(&self.files, self.settings.options, view, cell)
    }

    pub(super) fn text_of(&self, which: Which) -> (String, String) {
        match which {
            Which::One => {
                let file = self.files.get(self.files.active());
                file.map(|file| (file.name.to_string(), file.text.to_string())).unwrap_or_default()
            }
            Which::All => ("manifests.yaml".to_owned(), self.files.joined()),
        }
    }

    /// Writes what the address of a page that starts means to this tab.
    pub(super) fn begin_address(&mut self) -> Effect {
        self.work.written.place = self.work.place.clone();
        self.work.written.touched = !self.is_untouched();
        self.write_address(false)
    }

    /// Writes the address where it no longer says what is in sight.
    pub(super) fn follow_address(&mut self) -> Vec<Effect> {
        let written = Written {
            place: self.work.place.clone(),
            view: self.view,
            cell: self.why.as_ref().map(|why| (why.source.clone(), why.destination.clone())),
            touched: !self.is_untouched(),
        };
        // What is being opened says so when it is there.
        if written == self.work.written || self.work.opening.is_some() {
            return Vec::new();
        }
        let push = written.place != self.work.written.place;
        self.work.written = written;
        vec![self.write_address(push)]
    }

    /// What people typed is in no address: a server would read it at the next reload.
    pub(super) fn write_address(&self, push: bool) -> Effect {
        let Written { place, cell, .. } = &self.work.written;
        let (text, slot, cell) = (self.address().write(), place.slot(), cell.clone());
        Effect::Work(WorkEffect::Address { text, slot, cell, push })
    }

    fn address(&self) -> Address {
        let Written { place, view, cell, touched } = &self.work.written;
        Address {
            start: match place {
                Place::Own(_) | Place::Exam(..) | Place::Handed => Wanted::Bare,
                Place::Lab(id) => Wanted::Lab(id.clone()),
                place if self.work.bare && *place == Place::first() => Wanted::Bare,
                Place::Example(example) => Wanted::Example(example.id.to_owned()),
                Place::Rule(code) => Wanted::Example(code.clone()),
                Place::Link(fragment) => Wanted::Link(fragment.clone()),
            },
            view: *view,
            cell: cell.clone().filter(|_| !touched && matches!(place, Place::Example(_) | Place::Rule(_))),
            ..self.work.address.clone()
        }
    }

    /// Whether this page is part of another one.
    pub fn is_embedded(&self) -> bool {
        self.work.address.is_embedded()
    }

    /// Where there is the same as in an embedded page in a page of its own: by its name where that says all, else by a link.
    /// Nothing while there is none, and nothing where the page is not embedded.
    pub fn way_out(&self) -> Option<String> {
        if !self.is_embedded() {
            return None;
        }
        if self.is_named() {
            return Some(format!("./{}", self.address().on_its_own().write()));
        }
        self.work.link.clone()?.ok()
    }

    /// Whether the address says all that is in sight.
    fn is_named(&self) -> bool {
        !matches!(self.work.place, Place::Own(_) | Place::Handed) && self.is_untouched()
    }

    /// After an analysis of an embedded page: tells the page around it, and makes the link that leads out of it.
    pub(super) fn tell_result(&self, analysis: &Analysis) -> Vec<Effect> {
        if !self.is_embedded() {
            return Vec::new();
        }
        let mut effects = vec![Effect::Tell(Told::result(analysis, self.training.tests.as_deref()))];
        if !self.is_named() {
            effects.push(Effect::Work(WorkEffect::MakeLink(self.link())));
        }
        effects
    }

    pub(super) fn navigated(
        &mut self,
        address: Address,
        slot: Option<&str>,
        cell: Option<(String, String)>,
    ) -> Vec<Effect> {
        let place = address.place(slot);
        self.work.bare = address.start == Wanted::Bare;
        let mut effects = self.go_to_view(address.view);
        if let Some(misread) = address.misread {
            effects.extend(self.toast(misread, None));
        }
        let cell = cell.or(address.cell);
        let same = place.as_ref().is_none_or(|place| *place == self.work.place);
        if let (false, Some(place)) = (same, place) {
            self.work.cell = cell;
            // It is written already.
            self.work.written.place = place.clone();
            effects.extend(self.go(place));
            return effects;
        }
        effects.extend(match cell {
            Some((source, destination)) => self.open_witness(source, destination),
            None => self.close_why(),
        });
        // It is written already.
        self.work.written.view = self.view;
        self.work.written.cell = self.why.as_ref().map(|why| (why.source.clone(), why.destination.clone()));
        effects
    }

    /// Opens the cell that the address names, once it is known whether there is one.
    pub(super) fn open_addressed_cell(&mut self) -> Vec<Effect> {
        match self.work.cell.take() {
            Some((source, destination)) => {
                let view = self.view;
                let missing = format!("there is no cell from {source} to {destination} here");
                let mut effects = self.open_witness(source, destination);
                if self.why.is_none() {
                    self.view = view;
                    effects.extend(self.toast(missing, None));
                }
                effects
            }
            None => Vec::new(),
        }
    }
}
