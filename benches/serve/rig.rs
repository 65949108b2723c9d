//! An engine with a server on a store on the disk.

use std::{error::Error, path::Path, sync::Arc};

use fermata::{
    engine::{Archive, Engine, InstanceId, Payload, RedbStore, Registry, Setup, Store},
    serve::{Access, Hub, ServeOptions, Server},
};
use tokio::task::JoinHandle;

pub struct Rig {
    pub engine: Engine,
    /// Where workers connect.
    pub address: String,
    server: JoinHandle<()>,
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Rig {
    /// In a directory, on a port that is free.
    pub async fn start(directory: &Path) -> Result<Self, Box<dyn Error>> {
        let store: Arc<dyn Store> = Arc::new(RedbStore::create(&directory.join("served.redb"))?);
        let hub = Hub::new(Archive::new(Arc::clone(&store)));
        let registry = Registry::new().remote(Arc::new(hub.clone()));
        let engine = Engine::start(store, registry, Setup::default())?;
        let options = ServeOptions {
            durable_task: "127.0.0.1:0".parse()?,
            access: Access::default(),
            dapr_http: None,
        };
        let server = Server::bind(options).await?;
        let address = server.address().to_string();
        let served = engine.clone();
        let server = tokio::spawn(async move {
            if let Err(error) = server.run(&served, hub).await {
                eprintln!("the server has ended: {error}");
            }
        });
        Ok(Self {
            engine,
            address,
            server,
        })
    }

    /// Runs a workflow to its end, with a number as its input.
    pub async fn run(&self, workflow: &str, input: u32) -> Result<(), Box<dyn Error>> {
        let id = self.begin(workflow, input).await?;
        self.engine.until_closed(&id).await?;
        Ok(())
    }

    /// Starts a workflow with a number as its input.
    pub async fn begin(&self, workflow: &str, input: u32) -> Result<InstanceId, Box<dyn Error>> {
        let input = Payload::from_text(&input.to_string());
        Ok(self.engine.start_remote(workflow, None, input).await?)
    }
}
