//! What is asked about one peer or one policy of the last finished analysis.

use netpol_eval::PolicyId;
use netpol_findings::Fix;
use netpol_manifest::{Change, Way};

use super::Analyzer;
use crate::beat::{Beat, UNHEARD};
use crate::contract::{PeerProfile, PolicyProfile, Preview};
use crate::profile::{self, Scene};
use crate::sheet::{self, Sheet};
use crate::{fixes, words};

impl Analyzer {
    /// One peer: what selects it, what it reaches and what reaches it; `None` where no peer has the id.
    pub fn peer(&mut self, id: &str) -> Option<PeerProfile> {
        self.analyse();
        let peer = self.result.peer(id)?;
        profile::peer(self.scene()?, peer)
    }

    /// One policy, by an id such as `shop/deny-all[NetworkPolicy]`; `None` where no policy has it.
    pub fn policy(&mut self, id: &str) -> Option<PolicyProfile> {
        self.analyse();
        let scene = self.scene()?;
        profile::policy(scene, scene.policy_named(id)?)
    }

    /// What would change without a policy: the files without it and the cells; `None` where no policy has the id, or the
    /// text is too odd to take it out.
    pub fn without(&mut self, id: &str) -> Option<Preview> {
        self.without_with(id, UNHEARD)
    }

    /// The same, with a beat from within.
    pub fn without_with(&mut self, id: &str, beat: Beat<'_>) -> Option<Preview> {
        self.analyse();
        let scene = self.scene()?;
        let fix = removal(scene, scene.policy_named(id)?)?;
        let change = fixes::change(&fix, &self.result.sources)?;
        let after = self.after(&self.result.sources, change, beat)?;
        self.preview(after)
    }

    /// What there is to say of a peer or a policy, by its id; of rows of one workload the first, where the id names the
    /// workload. `None` where there is none. What takes long comes with `is_whole`.
    pub fn sheet_with(&mut self, id: &str, is_whole: bool, beat: Beat<'_>) -> Option<Sheet> {
        self.analyse();
        if let Some(profile) = self.policy(id) {
            let sheet = sheet::of_policy(&profile, &self.result.summary);
            if !is_whole {
                return Some(sheet);
            }
            let without = self.without_with(id, beat);
            return Some(sheet::adds(sheet, without.as_ref(), &self.result.summary));
        }
        let row = || {
            let variants = format!("{id}:");
            let mut peers = self.result.summary.peers.iter();
            peers.find(|peer| peer.id.starts_with(&variants)).map(|peer| peer.id.clone())
        };
        let id = if self.result.peer(id).is_some() { id.to_owned() } else { row()? };
        let profile = self.peer(&id)?;
        Some(sheet::of_peer(&profile, &self.result.summary))
    }

    /// The same at once and whole.
    pub fn sheet(&mut self, id: &str) -> Option<Sheet> {
        self.sheet_with(id, true, UNHEARD)
    }

    fn scene(&self) -> Option<Scene<'_>> {
        let result = &self.result;
        let evaluation = result.evaluation.as_deref()?;
        Some(Scene { sources: &result.sources, evaluation, summary: &result.summary })
    }
}

/// The change that takes a policy out of the input.
fn removal(scene: Scene<'_>, id: PolicyId) -> Option<Fix> {
    let handle = scene.evaluation.cluster().policy_handle(id)?;
    let object = handle.object();
    let message = format!("remove {} {}", object.kind, words::object_name(&object.reference()));
    let changes = vec![(handle.span(object.range), vec![Change::Remove(Way::new())])];
    Some(Fix { message, changes, added: Vec::new() })
}
