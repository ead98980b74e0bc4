//! The lab that one of the files holds: whether it can be run, and what is wrong with it.

use netpol_view::contract::SourceFile;

use crate::protocol::Event;

/// The last one that was checked, and what was found: to check a lab takes long.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    checked: Option<(SourceFile, Event)>,
}

impl Draft {
    /// What is told of a lab; the same again is not checked again.
    pub(crate) fn told(&mut self, file: &SourceFile) -> Event {
        if let Some((known, event)) = &self.checked
            && known == file
        {
            return event.clone();
        }
        let checked = netpol_labs::checked(&file.name, &file.text);
        let event =
            Event::Draft { name: file.name.clone(), runs: checked.runs, problems: checked.diagnostics };
        self.checked = Some((file.clone(), event.clone()));
        event
    }
}
