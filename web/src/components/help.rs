//! The help: how to read a cell, and every shortcut.

use yew::prelude::*;

use crate::browser::dom;

/// What the help takes.
#[derive(Properties, PartialEq)]
pub struct HelpProps {
    /// Whether it is open.
    pub open: bool,
    /// Asks to close it.
    pub on_close: Callback<()>,
}

const CELLS: [(&str, &str, &str); 10] = [
    ("all", "all", "everything is allowed: every protocol, every port"),
    ("some", "8080", "one port or range; TCP unless /U (UDP) or /S (SCTP) stands behind it"),
    ("some", "80 +1", "the first port, and how many more ports or ranges there are"),
    ("none", "", "nothing is allowed"),
    ("own", "", "the workload itself; a text is about its pods among each other"),
    ("small some", "", "one port or more, where cells are too small for text"),
    ("mixed", "38%", "a folded namespace: so many of its pairs are connected"),
    ("small mixed", "", "the same where cells are small: the stronger, the more pairs"),
    (
        "some uncertain",
        "80",
        "depends on more than the input says, or on the network plugin: the strictest reading is shown, and the reason says \
         what differs",
    ),
    ("unknown uncertain", "?", "not evaluated: it may be open or closed"),
];

const SHORTCUTS: [(&str, &[(&str, &str)]); 5] = [
    (
        "Anywhere",
        &[
            ("/", "filter the matrix"),
            ("q", "ask whether one can reach another; the last questions, as they stand now"),
            ("e", "workloads that are equal in the matrix stand in one row and column, or each in its own"),
            ("?", "this help"),
            ("↓ ↑", "in a menu, from entry to entry"),
            ("Escape", "close what is open"),
        ],
    ),
    (
        "Matrix",
        &[
            ("← → ↑ ↓", "from cell to cell, and on to the headers"),
            ("Home / End", "first and last cell of the row"),
            ("Ctrl Home / End", "first and last cell of all"),
            ("Page up / down", "a screen of rows"),
            (
                "Enter or Space",
                "why the cell is what it is; on a namespace, or on workloads that are alike: unfold or fold; on a header: all \
                 about it",
            ),
            ("Escape", "close the reason, back to its cell"),
        ],
    ),
    (
        "Findings",
        &[
            ("j k or ↓ ↑", "the next and the previous finding"),
            ("Enter", "its proof in the matrix, or its lines"),
            ("→ ←", "why it matters and what to do; fold it again"),
            ("f", "show its fix"),
            ("s", "show the annotation that silences it"),
            ("a", "apply the change that is shown"),
            ("u", "undo what was applied last"),
        ],
    ),
    (
        "Editor",
        &[
            ("Escape, then Tab", "leave the editor; Tab alone indents"),
            ("Ctrl F", "search and replace"),
            ("Ctrl Z / Shift Z", "undo, redo"),
            ("F8", "next problem"),
            ("Ctrl Space", "what may be written here"),
            ("Alt Enter", "all about the workload or policy at the cursor"),
            ("Ctrl Shift [ / ]", "fold, unfold"),
        ],
    ),
    (
        "Files",
        &[
            ("← →", "from tab to tab"),
            ("F2 or double click", "rename"),
            ("Delete", "close; it can be undone"),
        ],
    ),
];

/// The help.
#[component]
pub fn Help(props: &HelpProps) -> Html {
    let dialog = use_node_ref();
    {
        let dialog = dialog.clone();
        use_effect_with(props.open, move |open| dom::set_dialog(&dialog, *open));
    }
    let onclose = props.on_close.reform(|_: Event| ());
    let onclick = {
        let (dialog, on_close) = (dialog.clone(), props.on_close.clone());
        Callback::from(move |event: MouseEvent| {
            // On the backdrop, which counts as the dialog itself.
            if event.target() == dialog.get().map(Into::into) {
                on_close.emit(());
            }
        })
    };
    html! {
        <dialog class="help" aria-labelledby="help-title" ref={dialog} {onclose} {onclick}>
            if props.open {
                <div class="help-body">
                    <div class="help-head">
                        <h2 id="help-title">{ "How to read it, and shortcuts" }</h2>
                        <button type="button" class="icon" aria-label="Close"
                            onclick={props.on_close.reform(|_: MouseEvent| ())}>
                            <span aria-hidden="true">{ "×" }</span>
                        </button>
                    </div>
                    <p>
                        { "A row is a source, a column a destination. A cell is the exact set of connections that both ends \
                           allow: what the source may open and the destination accepts. Names in italics are hypothetical: \
                           policies speak of such pods, and the manifests do not hold them." }
                    </p>
                    <dl class="samples">
                        { for CELLS.iter().map(|(class, text, words)| html! {
                            <div>
                                <dt><span class={classes!("cell", *class)}>{ *text }</span></dt>
                                <dd>{ *words }</dd>
                            </div>
                        }) }
                    </dl>
                    <p>
                        { "Policies are asked in tiers, port by port: first the " }<b>{ "Admin" }</b>
                        { " tier (AdminNetworkPolicy, ClusterNetworkPolicy), where the first rule that matches allows or denies for good, \
                           or passes on; then the " }<b>{ "NetworkPolicies" }</b>
                        { ", which decide for the pods that they select; then the " }<b>{ "Baseline" }</b>
                        { " tier. What is left is allowed." }
                    </p>
                    <p>
                        { "The filter looks through names, namespaces, kinds, labels and addresses. Words narrow, commas widen; " }
                        <code>{ "from:cart" }</code>{ " limits the rows only, " }<code>{ "to:postgres" }</code>{ " the columns." }
                    </p>
                    <div class="shortcuts">
                        { for SHORTCUTS.iter().map(|(title, keys)| html! {
                            <section>
                                <h3>{ *title }</h3>
                                <dl>
                                    { for keys.iter().map(|(key, words)| html! {
                                        <div><dt><kbd>{ *key }</kbd></dt><dd>{ *words }</dd></div>
                                    }) }
                                </dl>
                            </section>
                        }) }
                    </div>
                    <p class="muted">
                        { "Everything is computed in this page. What you type is kept in this browser and sent nowhere." }
                    </p>
                </div>
            }
        </dialog>
    }
}
