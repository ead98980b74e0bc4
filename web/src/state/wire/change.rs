//! Changes before they are made, and what the text at a place decides.

use netpol_view::contract::{
    CellChange, DiffKind, DiffLine, FileDiff, FindingChange, FindingChanges, Located, LocatedPart, Migration,
    Preview, SourceFile,
};

use super::{fields, name, names};

fields! {
    Preview { message, files, diff, changed_cells "changedCells", changes, findings }
    SourceFile { name, text }
    FileDiff { file, hunks }
    DiffLine { kind, line, text }
    CellChange { source, destination, before, after }
    FindingChanges { new, gone }
    FindingChange { code, message }
    Migration { preview, notes, policies }
    Located { part, sources, destinations, id }
}

names! {
    DiffKind { Same "same", Removed "removed", Added "added" } else Same
    LocatedPart { Rule "rule", Policy "policy", Workload "workload", Node "node" } else Workload
}
