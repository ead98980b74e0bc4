//! The policy tests: which hold, and what breaks the others.

use yew::prelude::*;

use super::Dispatch;
use super::sheet::section;
use super::task::button;
use crate::state::panel::Origin;
use crate::state::training::{Tests, TrainingMessage};

/// The view.
pub fn tests_view(tests: Option<&Tests>, dispatch: &Dispatch) -> Html {
    let Some(tests) = tests else { return nothing(dispatch) };
    let all = tests.passed + tests.failed;
    let words = match tests.failed {
        0 => format!("All {all} hold."),
        failed => format!("{failed} of {all} do not hold."),
    };
    html! {
        <div class="tests-view" tabindex="0" role="region" aria-label="Policy tests">
            <p><b>{ words }</b>{ " " }{ button("Write the matrix as tests", dispatch, TrainingMessage::WriteTests) }</p>
            <div class="sections">
                { for tests.sheet.sections.iter().map(|one| section(one, Origin::Matrix, dispatch)) }
            </div>
        </div>
    }
}

const EXAMPLE: &str = "\
apiVersion: netpol.playground/v1
kind: ConnectivityTest
metadata: {name: only-frontend-reaches-backend}
spec:
  allow:
    - {from: {labels: {app: frontend}}, to: {labels: {app: backend}}, ports: [TCP/80]}
  deny:
    - {from: any, to: {labels: {app: backend}}, except: [{labels: {app: frontend}}]}";

fn nothing(dispatch: &Dispatch) -> Html {
    html! {
        <div class="empty">
            <h2>{ "No policy tests" }</h2>
            <p>{ "A policy test says who must and who must not reach whom. Write it beside the manifests or in a file of its own; it is \
                  checked at each change, and what breaks it is shown here." }</p>
            <pre tabindex="0">{ EXAMPLE }</pre>
            <p>{ "Or open a cell of the matrix and keep what it says as a test." }</p>
            { button("Write the matrix as tests", dispatch, TrainingMessage::WriteTests) }
        </div>
    }
}
