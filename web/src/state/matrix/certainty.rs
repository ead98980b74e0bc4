//! How certain a cell is: whether the input and the API tell it, and whether it was evaluated at all.

use netpol_view::certainty::{DEPENDS_ON_PLUGIN, NOT_EVALUATED};

/// The mark of a cell that is not certain.
pub const MARK: &str = "≈";

/// How certain a cell is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Certainty {
    /// The verdict holds wherever NetworkPolicy is enforced.
    #[default]
    Certain,
    /// Network plugins differ, the input does not tell, or policies are tied.
    DependsOnPlugin,
    /// It was not evaluated: neither open nor closed.
    NotEvaluated,
}

impl Certainty {
    /// From the number that travels beside a cell.
    pub fn of(code: u8) -> Self {
        match code {
            DEPENDS_ON_PLUGIN => Self::DependsOnPlugin,
            NOT_EVALUATED => Self::NotEvaluated,
            _ => Self::Certain,
        }
    }

    /// What stands behind the verdict; nothing where it is certain.
    pub fn words(self) -> &'static str {
        match self {
            Self::Certain => "",
            Self::DependsOnPlugin => "≈ depends on more than the input says",
            Self::NotEvaluated => "≈ may be open or closed",
        }
    }
}
