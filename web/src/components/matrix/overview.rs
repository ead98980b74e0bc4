//! All rows and columns as a picture, and the way from it to a cell.

use netpol_view::contract::{Connection, Protocol};
use web_sys::HtmlCanvasElement;
use yew::prelude::*;

use crate::browser::dom;
use crate::components::Dispatch;
use crate::state::matrix::grid::Grid;
use crate::state::message::Message;
use crate::state::shared::Shared;

/// Pixels of the picture, a side.
const SIDE: usize = 360;

/// What the picture takes.
#[derive(Properties, PartialEq)]
pub struct OverviewProps {
    /// What the matrix shows.
    pub grid: Shared<Grid>,
    /// Whether it is unfolded, whenever that changes.
    pub on_toggle: Callback<bool>,
    /// Where choices go.
    pub dispatch: Dispatch,
}

/// The picture. It is painted when somebody unfolds it.
pub struct Overview {
    canvas: NodeRef,
    open: bool,
}

/// What happens to the picture.
pub enum Touched {
    /// It was folded or unfolded.
    Toggled(bool),
    /// It was clicked, from 0 to 1 across and down.
    Clicked(f64, f64),
}

impl Component for Overview {
    type Message = Touched;
    type Properties = OverviewProps;

    fn create(_: &Context<Self>) -> Self {
        Self { canvas: NodeRef::default(), open: false }
    }

    fn update(&mut self, context: &Context<Self>, touched: Touched) -> bool {
        let OverviewProps { grid, on_toggle, dispatch } = context.props();
        match touched {
            Touched::Toggled(open) => {
                self.open = open;
                self.paint(grid);
                on_toggle.emit(open);
            }
            Touched::Clicked(x, y) => {
                let id = |peer: usize| grid.analysis.summary.peers.get(peer).map(|peer| peer.id.clone());
                let ends = grid.pictured(x, y).and_then(|(from, to)| id(from).zip(id(to)));
                if let Some((source, destination)) = ends {
                    // Shows the cell as it shows those of findings; the port is of no account.
                    let (protocol, port) = (Protocol::Tcp, 1);
                    dispatch.emit(Message::OpenWitness(Connection { source, destination, protocol, port }));
                }
            }
        }
        false
    }

    fn changed(&mut self, context: &Context<Self>, _: &OverviewProps) -> bool {
        self.paint(&context.props().grid);
        false
    }

    fn view(&self, context: &Context<Self>) -> Html {
        let ontoggle = context.link().batch_callback(|event: Event| {
            event.target_dyn_into::<web_sys::Element>().map(|it| Touched::Toggled(it.has_attribute("open")))
        });
        let canvas = self.canvas.clone();
        let onclick = context.link().batch_callback(move |event: MouseEvent| {
            let element = dom::element(&canvas)?;
            let share = |at: i32, all: i32| f64::from(at) / f64::from(all.max(1));
            let x = share(event.offset_x(), element.client_width());
            Some(Touched::Clicked(x, share(event.offset_y(), element.client_height())))
        });
        html! {
            <details class="overview" {ontoggle}>
                <summary>{ "Overview" }</summary>
                <canvas ref={self.canvas.clone()} role="img" {onclick}
                    aria-label="All rows and columns as a picture: the darker, the more is open" />
            </details>
        }
    }
}

impl Overview {
    fn paint(&self, grid: &Grid) {
        if let Some(canvas) = self.canvas.cast::<HtmlCanvasElement>().filter(|_| self.open) {
            let (width, height, levels) = grid.picture(SIDE);
            dom::paint(&canvas, width, height, &levels);
        }
    }
}
