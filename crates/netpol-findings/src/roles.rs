//! Workloads that are known by their names and labels for what they do, looked up once.

use fixedbitset::FixedBitSet;
use netpol_eval::{PeerId, Workload};

use crate::scene::Scene;
use crate::well_known;

/// Who does what, hypothetical workloads included.
#[derive(Clone, Debug, Default)]
pub(crate) struct Roles {
    pub(crate) ingress_controllers: Role,
    pub(crate) api_servers: Role,
    pub(crate) dns: Role,
    pub(crate) scrapers: Role,
}

/// Those that do the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Role(FixedBitSet);

impl Roles {
    pub(crate) fn of(scene: &Scene<'_>) -> Self {
        // Peers begin with the workloads, in their order.
        let workloads = (0..scene.cluster().workloads.len() as u32).map(PeerId);
        Self::default().with(scene, workloads)
    }

    /// The same, with these as they are now.
    pub(crate) fn with(mut self, scene: &Scene<'_>, peers: impl Iterator<Item = PeerId>) -> Self {
        for peer in peers {
            let is = |what: fn(&Workload) -> bool| scene.workload(peer).is_some_and(what);
            self.ingress_controllers.set(peer, is(well_known::is_ingress_controller));
            self.api_servers.set(peer, is(well_known::is_api_server));
            self.dns.set(peer, is(well_known::is_dns));
            self.scrapers.set(peer, is(well_known::is_scraper));
        }
        self
    }
}

impl Role {
    fn set(&mut self, peer: PeerId, does: bool) {
        if does {
            self.0.grow_and_insert(peer.index());
        } else if self.has(peer) {
            self.0.remove(peer.index());
        }
    }

    pub(crate) fn has(&self, peer: PeerId) -> bool {
        self.0.contains(peer.index())
    }

    /// Those of the input, in order.
    pub(crate) fn of_input<'a>(&self, scene: &Scene<'a>) -> impl Iterator<Item = (PeerId, &'a Workload)> {
        let peers = self.0.ones().map(|at| PeerId(at as u32));
        let workloads = peers.filter_map(|peer| Some((peer, scene.workload(peer)?)));
        workloads.filter(|(_, workload)| !workload.is_hypothetical())
    }
}
