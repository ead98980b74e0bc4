//! The policy tests: which hold, and what breaks the others.

use netpol_session::protocol::Tested;
use yew::prelude::*;

use super::Dispatch;
use super::blocks::code;
use super::elements::{said, small, tag, with};
use super::sheet::section;
use crate::state::panel::Origin;
use crate::state::training::TrainingMessage;

/// The view.
pub fn tests_view(tests: Option<&Tested>, dispatch: &Dispatch) -> Html {
    let write = small("Write the matrix as tests", dispatch, TrainingMessage::WriteTests);
    let Some(tests) = tests else { return nothing(write) };
    let all = tests.passed + tests.failed;
    let text = match tests.failed {
        0 => format!("All {all} hold."),
        failed => format!("{failed} of {all} do not hold."),
    };
    let sections = tests.sheet.sections.iter().map(|one| section(one, Origin::Matrix, dispatch)).collect();
    let parts =
        vec![tag("div", "labs-head", vec![said("h2", "", &text), write]), tag("div", "sections", sections)];
    let attributes =
        [("class", "tests-view"), ("role", "region"), ("aria-label", "Policy tests"), ("tabindex", "0")];
    with("div", &attributes, parts)
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

const ABOUT: &str = "A policy test says who must and who must not reach whom. Write it beside the manifests or in a file of its \
                     own; it is checked at each change, and what breaks it is shown here.";

fn nothing(write: Html) -> Html {
    let parts = vec![
        said("h2", "", "No policy tests"),
        said("p", "", ABOUT),
        code(EXAMPLE),
        said("p", "", "Or open a cell of the matrix and keep what it says as a test."),
        write,
    ];
    tag("div", "empty", parts)
}
