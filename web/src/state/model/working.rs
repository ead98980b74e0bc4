//! Where the text comes from and where it is kept: places, own input, links, and what other tabs do.

use super::*;
use crate::state::address::Start as Wanted;
use crate::state::place::{Place, rule_file};
use crate::state::words::capitalized;
use crate::state::work::{
    FilesDocument, Heading, Keep, LONGEST_LINK, Left, Opened, Saved, Start, Work, WorkEffect, WorkMessage,
    Written,
};

/// What is pasted is called.
const PASTED: &str = "manifests.yaml";

/// More UTF-16 units than these are not put aside when the page closes; `web/store/main.js` has the same.
const MOST_AT_ONCE: usize = 2_000_000;

/// Where one types.
const EDITOR: &str = ".editor .cm-content, .editor .plain";

impl Work {
    /// The work of a page that starts.
    pub(super) fn start(start: &Start) -> Self {
        let place = start.opened.place.clone();
        let written = Written { place: place.clone(), view: start.address.view, cell: None, touched: false };
        Self {
            place,
            opening: None,
            original: None,
            change: 0,
            kept: 0,
            elsewhere: false,
            gave_way: None,
            written,
            address: start.address.clone(),
            cell: start.cell.clone().or_else(|| start.address.cell.clone()),
            options: None,
            recent: None,
            link: None,
            foreign: start.foreign.clone(),
            not_kept: start.not_kept.clone(),
            bare: !matches!(start.address.start, Wanted::Example(_)),
            tab: start.tab.clone(),
            made: 0,
        }
    }

    /// A place for another text of one's own.
    fn another(&mut self) -> Place {
        self.made += 1;
        Place::Own(format!("{}.{}", self.tab, self.made))
    }
}

impl Model {
    /// Whether the text is the place's own, but for files that were emptied.
    pub fn is_untouched(&self) -> bool {
        self.work.original.as_ref().is_some_and(|original| self.files.is_untouched(original))
    }

    /// What stands above the files: whose text it is, and what there is to know about that.
    pub fn heading(&self) -> Heading {
        let untouched = self.is_untouched();
        let note = match &self.work.place {
            Place::Own(_) => "",
            _ if self.is_embedded() && (untouched || self.training.lab.is_some()) => "",
            _ if self.training.lab.is_some() => "your answer is kept in this browser",
            _ if untouched => "paste your own over it",
            Place::Link(_) => "with your changes, which the link does not hold",
            Place::Example(_) | Place::Rule(_) | Place::Lab(_) | Place::Exam(..) | Place::Handed => {
                "with your changes"
            }
        };
        let lab = self.lab_title();
        let whole = lab.clone().unwrap_or_else(|| capitalized(self.work.place.name()));
        let name = match &self.work.place {
            _ if lab.is_some() => "A lab".to_owned(),
            Place::Own(_) | Place::Handed => whole.clone(),
            Place::Link(_) => "A link".to_owned(),
            Place::Example(_) => "An example".to_owned(),
            Place::Rule(code) => format!("An example of {code}"),
            Place::Lab(_) | Place::Exam(..) => "A lab".to_owned(),
        };
        let is_own = self.work.place.is_own();
        Heading { name, whole, note, is_own, is_changed: !is_own && !untouched }
    }

    pub(super) fn work(&mut self, message: WorkMessage) -> Vec<Effect> {
        match message {
            WorkMessage::New => self.anew(),
            WorkMessage::Paste => one(WorkEffect::ReadClipboard),
            WorkMessage::Pasted(text) => self.pasted(text),
            WorkMessage::Go(place) => self.go(place),
            WorkMessage::Opened(Ok(opened)) => self.opened(*opened),
            WorkMessage::Opened(Err((place, reason))) => {
                match self.work.opening.take_if(|wanted| *wanted == place) {
                    Some(_) => {
                        let mut effects = self.toast(reason, None);
                        // Going back or on has changed it.
                        self.work.written.place = self.work.place.clone();
                        effects.push(self.write_address(false));
                        effects
                    }
                    None => Vec::new(),
                }
            }
            WorkMessage::Handed(files) => self.handed(files),
            WorkMessage::Own => {
                let files = self.files.iter().map(pair).collect();
                self.begin(texts(files), "These are your own manifests now")
            }
            WorkMessage::Original => self.show_original(),
            WorkMessage::Due(change) if change == self.work.change => self.save(),
            WorkMessage::Due(_) => Vec::new(),
            WorkMessage::Saved(slot, change, saved) => self.saved(&slot, change, saved),
            WorkMessage::WrittenElsewhere(slot) => {
                self.work.elsewhere |= slot == self.work.place.slot();
                Vec::new()
            }
            WorkMessage::TakeElsewhere => self.go(self.work.place.clone()),
            WorkMessage::WantRecent => one(WorkEffect::ReadRecent),
            WorkMessage::Recent(recent) => {
                self.work.recent = Some(recent);
                Vec::new()
            }
            WorkMessage::Recall(id) => match Place::of_slot(&id) {
                Some(place) => self.go(place),
                None => one(WorkEffect::ReadState(id)),
            },
            WorkMessage::Recalled(state) => match state.map(FilesDocument::pairs) {
                Some(files) => self.begin(texts(files), "Opened an earlier state"),
                None => self.toast("that state is no longer kept".to_owned(), None),
            },
            WorkMessage::Forget(id) => one(WorkEffect::Forget(id)),
            WorkMessage::ForgetAll => one(WorkEffect::ForgetAllBut(self.work.place.slot())),
            WorkMessage::WantLink => {
                self.work.link = None;
                one(WorkEffect::MakeLink(self.link()))
            }
            WorkMessage::LinkMade(link) => {
                let too_long = "these manifests are too long for a link: send them as a file";
                self.work.link = Some(link.and_then(|link| {
                    if link.len() > LONGEST_LINK { Err(too_long.to_owned()) } else { Ok(link) }
                }));
                Vec::new()
            }
            WorkMessage::CopyLink => match &self.work.link {
                Some(Ok(link)) => one(WorkEffect::Copy(link.clone())),
                _ => Vec::new(),
            },
            WorkMessage::Copy(which) => one(WorkEffect::Copy(self.text_of(which).1)),
            WorkMessage::Copied(true) => self.toast("Copied".to_owned(), None),
            WorkMessage::Copied(false) => {
                self.toast("this browser does not let the page write to the clipboard".to_owned(), None)
            }
            WorkMessage::Download(which) => {
                let (name, text) = self.text_of(which);
                one(WorkEffect::Download(name, text))
            }
            WorkMessage::Navigated(address, slot, cell) => self.navigated(address, slot.as_deref(), cell),
            WorkMessage::OpenForeign(open) => match self.work.foreign.take() {
                Some(foreign) if open => one(WorkEffect::FetchForeign(foreign.url)),
                _ => Vec::new(),
            },
            WorkMessage::ForeignFetched(Ok(file)) => {
                let words = format!("Opened {}", file.0);
                self.begin(texts(vec![file]), &words)
            }
            WorkMessage::ForeignFetched(Err(reason)) => {
                self.toast(format!("the file could not be opened: {reason}"), None)
            }
            WorkMessage::Leaving(closing) => self.leave(closing),
            WorkMessage::Kept(result) => {
                self.work.not_kept = result.err();
                Vec::new()
            }
        }
    }

    // Places

    /// Opens a place, once what there is of it is read.
    pub(super) fn go(&mut self, place: Place) -> Vec<Effect> {
        self.work.bare &= self.work.written.place == place;
        self.work.opening = Some(place.clone());
        let here = match &place {
            Place::Example(example) => example.sources(),
            Place::Rule(code) => {
                let example = self.rules.of(code).map(|text| text.triggers.clone());
                example.map(|text| vec![(rule_file(code), text)])
            }
            Place::Own(_) | Place::Lab(_) | Place::Exam(..) | Place::Link(_) | Place::Handed => None,
        };
        let mut effects = self.save();
        effects.extend(one(WorkEffect::Open(place, here)));
        effects
    }

    fn opened(&mut self, opened: Opened) -> Vec<Effect> {
        // Meanwhile another may have been chosen.
        if self.work.opening.take_if(|wanted| *wanted == opened.place).is_none() {
            return Vec::new();
        }
        let words = format!("Opened {}", opened.place.name());
        let undo = (!self.files.is_blank()).then(|| Undo::Restore(Box::new(self.left())));
        let mut effects = self.save();
        let again = opened.place == self.work.place;
        let note = self.take_in(opened);
        effects.extend(self.place_changed());
        if !again && self.training.lab.is_some() {
            effects.extend(self.go_to_view(View::Matrix));
            self.pane = Pane::Manifests;
            effects.push(Effect::Focus(".task".to_owned()));
        } else if !again {
            self.pane = if self.files.is_blank() { Pane::Manifests } else { Pane::Results };
        }
        effects.extend(self.toast(note.unwrap_or(words), undo));
        effects
    }

    /// Shows what the page around this one hands over, in the place of whatever is shown. Nobody has asked for it: what a
    /// person has changed meanwhile can be had back.
    fn handed(&mut self, files: Vec<(String, String)>) -> Vec<Effect> {
        let changed = !self.is_untouched() && !self.files.is_blank();
        let undo = changed.then(|| Undo::Restore(Box::new(self.left())));
        self.work.opening = None;
        self.take_in(Opened {
            place: Place::Handed,
            original: Some(files),
            kept: None,
            link: None,
            lab: None,
        });
        let mut effects = self.place_changed();
        if undo.is_some() {
            let words = "This page has put other manifests here".to_owned();
            effects.extend(self.toast(words, undo));
        }
        effects
    }

    /// Puts what was opened into the editor. Answers what is to be said of it, if anything.
    pub(super) fn take_in(&mut self, opened: Opened) -> Option<String> {
        let Opened { place, original, kept, link, lab } = opened;
        let name = place.name();
        self.stand(place, None);
        if lab.is_some() {
            self.work.options = Some(std::mem::replace(&mut self.settings.options, netpol_labs::options()));
        } else if let Some(link) = &link {
            self.work.options = Some(std::mem::replace(&mut self.settings.options, link.options));
            self.view = link.view.as_deref().and_then(View::of).unwrap_or(self.view);
            self.work.cell = self.work.cell.take().or_else(|| link.cell.clone());
        }
        self.work.original = original.map(|original| {
            self.files.replace(original);
            self.files.select_nth(link.as_ref().map_or(0, |link| link.active()));
            self.files.clone()
        });
        self.stand_at_lab(lab, kept.is_some());
        let changed = kept.is_some() && self.work.original.is_some();
        if let Some(kept) = kept {
            let active = kept.active();
            self.files.replace(kept.pairs());
            self.files.select_nth(active);
        } else if self.work.original.is_none() {
            self.files.replace(Vec::new());
        }
        self.work.change += 1;
        self.work.kept = self.work.change;
        changed.then(|| format!("Opened {name} with your changes"))
    }

    /// Everything that spoke of the text before goes.
    pub(super) fn place_changed(&mut self) -> Vec<Effect> {
        self.readable = None;
        self.filter.clear();
        self.uncertain = false;
        self.findings_filter = FindingsFilter::default();
        self.settings.port = None;
        self.toasts.forget_undos();
        self.work.link = None;
        let mut effects = self.close_why();
        effects.extend(self.close_query());
        self.sheet = None;
        self.forget_cursor();
        effects.extend(self.session.input_changed());
        effects.extend(self.show_active());
        effects
    }

    /// Is at another place from now on.
    fn stand(&mut self, place: Place, original: Option<Files>) {
        self.work.place = place;
        self.work.original = original;
        self.work.elsewhere = false;
        self.work.gave_way = None;
        self.training.lab = None;
        if let Some(options) = self.work.options.take() {
            self.settings.options = options;
        }
    }

    fn left(&self) -> Left {
        Left {
            place: self.work.place.clone(),
            original: self.work.original.clone(),
            files: self.files.clone(),
            lab: self.training.lab.clone(),
        }
    }

    /// Goes back to a place that was left, with its text as it was.
    pub(super) fn restore(&mut self, left: Left) -> Vec<Effect> {
        let mut effects = self.save();
        self.stand(left.place, left.original);
        self.training.lab = left.lab;
        self.files.restore(left.files);
        effects.extend(self.place_changed());
        self.work.change += 1;
        effects.extend(self.save());
        effects
    }

    fn show_original(&mut self) -> Vec<Effect> {
        let Some(original) = self.work.original.clone() else { return Vec::new() };
        let undo = Undo::Restore(Box::new(self.left()));
        self.files.replace(original.iter().map(pair).collect());
        self.work.original = Some(self.files.clone());
        self.show_answer();
        let mut effects = self.place_changed();
        self.work.change += 1;
        effects.extend(self.save());
        effects.extend(self.toast(format!("Opened {} as it was", self.work.place.name()), Some(undo)));
        effects
    }

    // What a person brings

    /// Makes another text of one's own of these files.
    fn begin(&mut self, files: Vec<(String, Text)>, words: &str) -> Vec<Effect> {
        let undo = (!self.files.is_blank()).then(|| Undo::Restore(Box::new(self.left())));
        let mut effects = self.save();
        self.work.opening = None;
        let another = self.work.another();
        self.stand(another, None);
        self.files.replace(Vec::new());
        self.files.open(files);
        self.pane = Pane::Manifests;
        effects.extend(self.place_changed());
        self.work.change += 1;
        effects.extend(self.save());
        effects.extend(self.toast(words.to_owned(), undo));
        effects
    }

    fn anew(&mut self) -> Vec<Effect> {
        let mut effects = Vec::new();
        if !self.work.place.is_own() || !self.files.is_blank() {
            effects = self.begin(vec![(Files::NEW_NAME.to_owned(), Text::default())], "Began anew");
        }
        effects.push(Effect::Focus(EDITOR.to_owned()));
        effects
    }

    /// Files that were dropped or picked: beside one's own, in the place of anything else.
    pub(super) fn open_files(&mut self, opened: Vec<(String, Text)>) -> Vec<Effect> {
        let words = match opened.as_slice() {
            [(name, _)] => format!("Opened {name}"),
            files => format!("Opened {} files", files.len()),
        };
        self.bring(opened, words)
    }

    fn bring(&mut self, files: Vec<(String, Text)>, words: String) -> Vec<Effect> {
        if !self.work.place.is_own() && self.training.lab.is_none() {
            return self.begin(files, &words);
        }
        let before: Vec<FileId> = self.files.iter().map(|file| file.id).collect();
        self.files.open(files);
        self.pane = Pane::Manifests;
        let added = self.files.iter().map(|file| file.id).filter(|id| !before.contains(id)).collect();
        let mut effects = self.files_replaced();
        effects.extend(self.toast(words, Some(Undo::Remove(added))));
        effects
    }

    fn pasted(&mut self, text: Option<String>) -> Vec<Effect> {
        match text {
            Some(text) if text.trim().is_empty() => {
                self.toast("the clipboard holds no text".to_owned(), None)
            }
            Some(text) => self.bring(vec![(PASTED.to_owned(), text.into())], "Pasted as a file".to_owned()),
            None => {
                let words =
                    "this browser does not let the page read the clipboard: press Ctrl V in the editor";
                self.toast(words.to_owned(), None)
            }
        }
    }

    /// A text was changed in the editor. Where all of a file of an untouched example or link was replaced, the rest of it
    /// gives way; where that is undone in the editor, it comes back. Not in an embedded page: there a file is replaced
    /// within what the page around it shows.
    pub(super) fn edited(&mut self, file: FileId, changes: &[Change], units: usize) -> Vec<Effect> {
        if self.is_locked(file) {
            return self.show_again(file);
        }
        let is_theirs = !self.work.place.is_own() && self.training.lab.is_none() && !self.is_embedded();
        let before = (is_theirs && self.is_untouched()).then(|| self.left());
        if !self.files.edit(file, changes, units) {
            return vec![Effect::Editor(EditorCommand::Tell(file))];
        }
        self.toasts.forget_changes();
        let mut effects = Vec::new();
        match before {
            Some(left) if self.holds_only(file, changes) => {
                effects.extend(self.forget_emptied(&left));
                let another = self.work.another();
                self.stand(another, None);
                self.files.keep_only(file, PASTED);
                let words = "These are your own manifests now".to_owned();
                effects.extend(self.toast(words, Some(Undo::Restore(Box::new(left.clone())))));
                self.work.gave_way = Some((file, left));
                effects.extend(self.show_active());
            }
            _ => {
                let back = self.work.gave_way.take_if(|(of, left)| {
                    let (now, then) = (self.files.get(file), left.files.get(file));
                    *of == file && now.zip(then).is_some_and(|(now, then)| now.text == then.text)
                });
                if let Some((_, left)) = back {
                    return self.restore(left);
                }
            }
        }
        effects.extend(self.files_changed());
        effects
    }

    /// Whether a file holds nothing but what one change has put there.
    fn holds_only(&self, file: FileId, changes: &[Change]) -> bool {
        let ([change], Some(file)) = (changes, self.files.get(file)) else { return false };
        let blanks = file.text.units().saturating_sub(change.insert.encode_utf16().count());
        // What is left around it would have to be blank.
        !change.insert.trim().is_empty()
            && blanks < 64
            && file.text.to_string().trim() == change.insert.replace('\r', "").trim()
    }

    // Keeping

    /// A long text is not written at every pause: that takes its time.
    pub(super) fn save_later(&self) -> Effect {
        let delay =
            SAVE.saturating_add(u32::try_from(self.files.units() / SAVED_A_MILLISECOND).unwrap_or(u32::MAX));
        let due = WorkMessage::Due(self.work.change);
        Effect::After(delay, Box::new(Message::Work(due)))
    }

    fn keep(&self) -> Keep {
        let same = |original: &Files| self.files.says_the_same_as(original);
        let is_original = self.work.original.as_ref().is_some_and(same);
        Keep {
            slot: self.work.place.slot(),
            title: self.title(),
            change: self.work.change,
            files: (!is_original).then(|| self.files.clone()),
        }
    }

    /// What the text is called in the list of the last ones.
    fn title(&self) -> String {
        if !self.work.place.is_own() {
            return self.lab_title().unwrap_or_else(|| capitalized(self.work.place.name()));
        }
        let names: Vec<&str> = self.files.iter().map(|file| &*file.name).collect();
        match names.as_slice() {
            [one, two] => format!("{one}, {two}"),
            [one, two, rest @ ..] => format!("{one}, {two} and {} more", rest.len()),
            names => names.concat(),
        }
    }

    /// Writes the text where it has changed.
    fn save(&self) -> Vec<Effect> {
        if self.work.kept == self.work.change { Vec::new() } else { one(WorkEffect::Save(self.keep())) }
    }

    /// Empties the slot of an example that gave way: files that were emptied are no text to come back to.
    fn forget_emptied(&self, left: &Left) -> Vec<Effect> {
        if left.original.as_ref().is_some_and(|original| left.files.says_the_same_as(original)) {
            return Vec::new();
        }
        one(WorkEffect::Save(Keep { slot: left.place.slot(), files: None, ..self.keep() }))
    }

    fn saved(&mut self, slot: &str, change: u32, saved: Saved) -> Vec<Effect> {
        let here = slot == self.work.place.slot();
        match saved {
            Saved::Kept => {
                self.work.not_kept = None;
                if here {
                    self.work.kept = self.work.kept.max(change);
                }
                Vec::new()
            }
            Saved::Elsewhere if here => {
                // Both texts are kept: this one as another of one's own.
                let another = self.work.another();
                self.stand(another, None);
                let mut effects = self.save();
                let words = "Another tab has changed this text: yours is kept as a copy of its own";
                effects.extend(self.toast(words.to_owned(), None));
                effects
            }
            Saved::Elsewhere => Vec::new(),
            Saved::Failed(reason) => {
                self.work.not_kept = Some(reason);
                Vec::new()
            }
        }
    }

    /// Whether closing the page now might lose something: a long text cannot be put aside at once.
    pub fn might_lose(&self) -> bool {
        self.work.kept != self.work.change && self.files.units() > MOST_AT_ONCE
    }

    fn leave(&mut self, closing: bool) -> Vec<Effect> {
        let dirty = self.work.kept != self.work.change;
        let mut effects = match (dirty, closing) {
            (false, _) => Vec::new(),
            (true, true) => one(WorkEffect::Leave(self.keep())),
            (true, false) => self.save(),
        };
        if self.settings_kept != self.settings_change {
            effects.push(self.save_settings());
        }
        effects
    }
}

fn one(effect: WorkEffect) -> Vec<Effect> {
    vec![Effect::Work(effect)]
}

pub(super) fn pair(file: &File) -> (String, String) {
    (file.name.to_string(), file.text.to_string())
}

#[cfg(test)]
mod tests;
