//! The findings, two lines each: those of the file in front first, the worst first. Worked through with the keyboard alone.

mod row;

use std::cell::RefCell;
use std::rc::Rc;

use web_sys::{FocusEvent, KeyboardEvent};
use yew::prelude::*;

pub use row::object_name;

use self::row::{RowProps, row};
use super::Dispatch;
use super::findings_filter::filter_bar;
use super::judged::{nothing_found, unjudged};
use super::namespaces::namespaces;
use crate::browser::dom::{self, SightObserver};
use crate::state::analysis::Analysis;
use crate::state::findings::{
    Concern, FindingsFilter, KeyStep, RuleTexts, Section, key_step, names, sections,
};
use crate::state::message::Message;
use crate::state::panel::{Mended, Proposal};
use crate::state::shared::Shared;
use crate::state::words::{middle_ellipsis, thousands};

/// What the findings take.
#[derive(Properties, PartialEq)]
pub struct FindingsProps {
    /// The result in sight.
    pub analysis: Shared<Analysis>,
    /// Which are listed.
    pub filter: FindingsFilter,
    /// The name of the file that the editor shows: what concerns it comes first.
    pub in_front: AttrValue,
    /// The change that is shown before it is made.
    pub proposal: Option<Proposal>,
    /// The findings whose fix was tried out and would not do, by their places.
    pub withdrawn: Vec<u32>,
    /// What there is to read about rules.
    pub rules: RuleTexts,
    /// Where somebody was, for when the list comes back into sight.
    pub kept: Rc<RefCell<Kept>>,
    /// Where choices go.
    pub dispatch: Dispatch,
}

/// Up to so many findings all are there, in sight or not.
const WHOLE: usize = 200;
/// So many findings come into sight and go together.
const CHUNK: usize = 20;
/// What a finding takes until it was in sight, in pixels.
const USUAL_HEIGHT: i32 = 54;
/// How near findings are there already, in pixels.
const NEAR: u32 = 600;

/// Where somebody was in the list.
#[derive(Debug, Default, PartialEq)]
pub struct Kept {
    /// How far it was scrolled, in pixels.
    top: i32,
    /// The first finding of it, by name: another list begins at its top.
    first: Option<String>,
    current: usize,
    unfolded: Vec<String>,
}

/// The findings.
pub struct Findings {
    /// By place: what each is called from one analysis to the next.
    names: Vec<String>,
    sections: Vec<Section>,
    /// The finding that the keyboard is at, counted through all sections.
    current: usize,
    /// Whether the keyboard is in the list.
    is_within: bool,
    /// Whether it has to be put to the current finding, which was not there or not in sight.
    refocus: bool,
    /// The findings that are unfolded, by name.
    unfolded: Vec<String>,
    list: NodeRef,
    scroller: NodeRef,
}

/// What happens in the list.
pub enum Happened {
    /// A key that means something.
    Key(KeyStep),
    /// The keyboard came to a finding, by its place.
    Entered(u32),
    /// It left the list.
    Left,
    /// A finding is unfolded or folded, by its place.
    Toggled(u32),
}

impl Findings {
    fn order(&self) -> impl Iterator<Item = u32> {
        self.sections.iter().flat_map(|section| section.places.iter().copied())
    }

    fn place(&self) -> Option<u32> {
        self.order().nth(self.current)
    }

    /// The name of the first finding.
    fn first(&self) -> Option<String> {
        self.order().next().and_then(|place| self.name(place)).cloned()
    }

    fn name(&self, place: u32) -> Option<&String> {
        self.names.get(place as usize)
    }

    /// Looks at the findings again; the keyboard stays at the finding at which it is, or where that was.
    fn arrange(&mut self, props: &FindingsProps) {
        let findings = &props.analysis.summary.findings;
        let name = self.place().and_then(|place| self.name(place)).cloned();
        self.names = names(findings);
        self.sections = sections(findings, &props.filter, &props.in_front);
        let again = name.and_then(|name| self.order().position(|place| self.name(place) == Some(&name)));
        let count = self.order().count();
        self.current = again.unwrap_or(self.current).min(count.saturating_sub(1));
    }

    fn go(&mut self, to: usize) -> bool {
        self.current = to.min(self.order().count().saturating_sub(1));
        self.refocus = true;
        true
    }

    /// Unfolds a finding or folds it; whether that is new.
    fn set_unfolded(&mut self, name: String, unfolded: bool) -> bool {
        let at = self.unfolded.iter().position(|one| *one == name);
        match (at, unfolded) {
            (Some(at), false) => drop(self.unfolded.swap_remove(at)),
            (None, true) => self.unfolded.push(name),
            _ => return false,
        }
        true
    }

    fn step(&mut self, context: &Context<Self>, step: KeyStep) -> bool {
        let FindingsProps { analysis, withdrawn, proposal, dispatch, .. } = context.props();
        let Some(place) = self.place() else { return false };
        let Some(finding) = analysis.summary.findings.get(place as usize) else { return false };
        let name = || self.name(place).cloned().unwrap_or_default();
        match step {
            KeyStep::Next => return self.go(self.current + 1),
            KeyStep::Previous => return self.go(self.current.saturating_sub(1)),
            KeyStep::First => return self.go(0),
            KeyStep::Last => return self.go(usize::MAX),
            KeyStep::Unfold => return self.set_unfolded(name(), true),
            KeyStep::Fold => return self.set_unfolded(name(), false),
            KeyStep::Open => match (&finding.witness, finding.spans.first()) {
                (Some(witness), _) => dispatch.emit(Message::OpenWitness(witness.clone())),
                (None, Some(span)) => dispatch.emit(Message::ShowSpan(span.clone())),
                (None, None) => {}
            },
            // Where there are several ways, the key shows one after the other.
            KeyStep::Fix if !finding.ways.is_empty() && !withdrawn.contains(&place) => {
                let next = match proposal.as_ref().map(|change| change.of) {
                    Some(Mended::Way(of, way)) if of == place => way + 1,
                    _ => 0,
                };
                let count = u32::try_from(finding.ways.len()).unwrap_or(u32::MAX);
                dispatch.emit(Message::Propose(Mended::Way(place, next % count.max(1))));
            }
            KeyStep::Fix if finding.fixable && !withdrawn.contains(&place) => {
                dispatch.emit(Message::Propose(Mended::Finding(place)));
            }
            KeyStep::Silence if !finding.silenced => {
                dispatch.emit(Message::Propose(Mended::Silenced(place)));
            }
            KeyStep::Apply if proposal.as_ref().is_some_and(|one| row::is_about(one.of, place)) => {
                dispatch.emit(Message::ApplyProposal);
            }
            KeyStep::Undo => dispatch.emit(Message::UndoLast),
            KeyStep::Fix | KeyStep::Silence | KeyStep::Apply => {}
        }
        false
    }
}

impl Component for Findings {
    type Message = Happened;
    type Properties = FindingsProps;

    fn create(context: &Context<Self>) -> Self {
        let mut findings = Self {
            names: Vec::new(),
            sections: Vec::new(),
            current: 0,
            is_within: false,
            refocus: false,
            unfolded: Vec::new(),
            list: NodeRef::default(),
            scroller: NodeRef::default(),
        };
        findings.arrange(context.props());
        let kept = context.props().kept.borrow();
        if kept.first.is_some() && kept.first == findings.first() {
            findings.current = kept.current;
            findings.unfolded.clone_from(&kept.unfolded);
        }
        findings
    }

    fn changed(&mut self, context: &Context<Self>, before: &FindingsProps) -> bool {
        let now = context.props();
        if now.analysis != before.analysis || now.filter != before.filter || now.in_front != before.in_front {
            self.arrange(now);
        }
        true
    }

    fn update(&mut self, context: &Context<Self>, happened: Happened) -> bool {
        match happened {
            Happened::Key(step) => self.step(context, step),
            Happened::Entered(place) => {
                self.is_within = true;
                let at = self.order().position(|one| one == place).unwrap_or(self.current);
                std::mem::replace(&mut self.current, at) != at
            }
            Happened::Left => {
                self.is_within = false;
                false
            }
            Happened::Toggled(place) => {
                let Some(name) = self.name(place).cloned() else { return false };
                let is_unfolded = self.unfolded.contains(&name);
                self.set_unfolded(name, !is_unfolded)
            }
        }
    }

    fn view(&self, context: &Context<Self>) -> Html {
        let FindingsProps { analysis, filter, in_front, dispatch, .. } = context.props();
        if analysis.summary.findings.is_empty() {
            return html! {
                <div class="findings">{ nothing_found(analysis, dispatch) }{ namespaces(analysis, filter, dispatch) }</div>
            };
        }
        let count = self.order().count();
        let onkeydown = {
            let link = context.link().clone();
            Callback::from(move |event: KeyboardEvent| {
                let plain = !(event.ctrl_key() || event.alt_key() || event.meta_key());
                let Some((_, on_control)) = dom::finding_of(&event).filter(|_| plain) else { return };
                if let Some(step) = key_step(&event.key(), on_control) {
                    event.prevent_default();
                    event.stop_propagation();
                    link.send_message(Happened::Key(step));
                }
            })
        };
        let onfocusin = context.link().batch_callback(|event: FocusEvent| {
            dom::finding_of(&event).map(|(place, _)| Happened::Entered(place))
        });
        let onscroll = {
            let (kept, scroller) = (context.props().kept.clone(), self.scroller.clone());
            Callback::from(move |_: Event| {
                kept.borrow_mut().top = dom::element(&scroller).map_or(0, |element| element.scroll_top());
            })
        };
        let list = self.list.clone();
        let onfocusout = context.link().batch_callback(move |event: FocusEvent| {
            let leaves = |list| event.related_target().is_some() && !dom::stays_within(&event, &list);
            dom::element(&list).is_some_and(|list| leaves(list.into())).then_some(Happened::Left)
        });
        html! {
            <div class="findings" tabindex="-1" role="group" aria-label="Findings" ref={self.scroller.clone()} {onscroll}>
                { unjudged(analysis, dispatch) }
                { namespaces(analysis, filter, dispatch) }
                { filter_bar(analysis, filter, count, dispatch) }
                if count == 0 {
                    <p class="muted none-left">{ "No finding is left by these choices." }</p>
                }
                <div ref={self.list.clone()} class="sections" {onkeydown} {onfocusin} {onfocusout}>
                    { for self.sections.iter().map(|section| html! {
                        <>
                            { heading(section, in_front) }
                            { for section.places.chunks(CHUNK).map(|places| self.chunk(context, places, count)) }
                        </>
                    }) }
                </div>
            </div>
        }
    }

    fn rendered(&mut self, context: &Context<Self>, is_first: bool) {
        let mut kept = context.props().kept.borrow_mut();
        let first = self.first();
        if let Some(element) = dom::element(&self.scroller).filter(|_| is_first && kept.first == first) {
            element.set_scroll_top(kept.top);
        }
        kept.first = first;
        kept.current = self.current;
        kept.unfolded.clone_from(&self.unfolded);
        drop(kept);
        // What had the keyboard may be gone: the change was made, or the row was made anew.
        let is_lost = self.is_within && dom::has_focus("body");
        if !(self.refocus || is_lost) {
            return;
        }
        self.refocus = false;
        if let Some(place) = self.place() {
            dom::focus_selected(&format!("[data-finding='{place}']"));
        }
    }
}

impl Findings {
    fn chunk(&self, context: &Context<Self>, places: &[u32], count: usize) -> Html {
        let FindingsProps { analysis, proposal, withdrawn, rules, dispatch, .. } = context.props();
        let current = self.place().filter(|place| places.contains(place));
        let is_unfolded = |place: &u32| self.name(*place).is_some_and(|name| self.unfolded.contains(name));
        let about = |change: &&Proposal| places.iter().any(|place| row::is_about(change.of, *place));
        let first = places.first().and_then(|place| self.name(*place)).cloned().unwrap_or_default();
        let superseded = analysis.summary.findings.iter().position(row::is_superseded);
        html! {
            <Chunk
                key={first}
                analysis={analysis.clone()}
                places={places.to_vec()}
                names={places.iter().filter_map(|place| self.name(*place).cloned()).collect::<Vec<_>>()}
                whole={count <= WHOLE}
                {current}
                unfolded={places.iter().copied().filter(is_unfolded).collect::<Vec<_>>()}
                proposal={proposal.as_ref().filter(|change| change.of == Mended::Superseded || about(change)).cloned()}
                withdrawn={withdrawn.iter().copied().filter(|place| places.contains(place)).collect::<Vec<_>>()}
                superseded={superseded.and_then(|place| u32::try_from(place).ok())}
                texts={rules.clone()}
                toggle={context.link().callback(Happened::Toggled)}
                dispatch={dispatch.clone()}
            />
        }
    }
}

fn heading(section: &Section, in_front: &str) -> Html {
    let words = match section.title {
        None => return Html::default(),
        Some(Concern::InFront) => html! { <>{ "In " }<code>{ middle_ellipsis(in_front, 40) }</code></> },
        Some(Concern::Others) => html! { "In other files" },
    };
    html! { <h2>{ words }<span class="badge">{ thousands(section.places.len()) }</span></h2> }
}

/// What some findings take.
#[derive(Properties, PartialEq)]
struct ChunkProps {
    analysis: Shared<Analysis>,
    /// By their places in the list of the analysis.
    places: Vec<u32>,
    /// What they are called, in the same order.
    names: Vec<String>,
    /// Whether they are there when they are not in sight.
    whole: bool,
    /// The one that the keyboard gets to.
    current: Option<u32>,
    /// Those that are unfolded.
    unfolded: Vec<u32>,
    /// The change of one of them.
    proposal: Option<Proposal>,
    /// Those whose fix would not do.
    withdrawn: Vec<u32>,
    /// The first finding of a superseded kind, at which all of them are rewritten.
    superseded: Option<u32>,
    texts: RuleTexts,
    toggle: Callback<u32>,
    dispatch: Dispatch,
}

/// Some findings one below the other, as long as they are in sight.
struct Chunk {
    list: NodeRef,
    in_sight: bool,
    /// What it took when it was in sight, in pixels.
    height: i32,
    observer: Option<SightObserver>,
}

impl Component for Chunk {
    type Message = bool;
    type Properties = ChunkProps;

    fn create(context: &Context<Self>) -> Self {
        let count = i32::try_from(context.props().places.len()).unwrap_or_default();
        Self { list: NodeRef::default(), in_sight: false, height: USUAL_HEIGHT * count, observer: None }
    }

    fn update(&mut self, _: &Context<Self>, in_sight: bool) -> bool {
        if let Some(element) = dom::element(&self.list).filter(|_| self.in_sight && !in_sight) {
            let height = element.offset_height();
            self.height = if height > 0 { height } else { self.height };
        }
        std::mem::replace(&mut self.in_sight, in_sight) != in_sight
    }

    fn view(&self, context: &Context<Self>) -> Html {
        let props = context.props();
        let shown = self.in_sight || props.whole || props.current.is_some();
        let room = (!shown).then(|| format!("height:{}px", self.height));
        let one = |(place, name): (&u32, &String)| {
            let finding = props.analysis.summary.findings.get(*place as usize)?;
            Some(row(&RowProps {
                finding,
                place: *place,
                name,
                analysis: &props.analysis,
                is_current: props.current == Some(*place),
                is_unfolded: props.unfolded.contains(place),
                proposal: props.proposal.as_ref(),
                is_withdrawn: props.withdrawn.contains(place),
                rewrites_all: props.superseded == Some(*place),
                texts: &props.texts,
                toggle: &props.toggle,
                dispatch: &props.dispatch,
            }))
        };
        html! {
            <ul ref={self.list.clone()} class="chunk" style={room}>
                if shown {
                    { for props.places.iter().zip(&props.names).filter_map(one) }
                }
            </ul>
        }
    }

    fn rendered(&mut self, context: &Context<Self>, first: bool) {
        if first && let Some(element) = dom::element(&self.list) {
            let told = context.link().callback(|in_sight: bool| in_sight);
            self.observer = SightObserver::new(&element, NEAR, move |in_sight| told.emit(in_sight));
        }
    }
}
