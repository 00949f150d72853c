//! reqwest on a one-thread runtime: IN_FLIGHT workers share one client and one list of URLs.

use floor::{Failure, Job, Meter, Tally, Work};
use mimalloc::MiMalloc;
use reqwest::Client;
use tokio::runtime::Builder;
use tokio::task::JoinSet;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> Result<(), Failure> {
    Builder::new_current_thread().enable_all().build()?.block_on(run(&Job::from_arguments()?))
}

async fn run(job: &Job) -> Result<(), Failure> {
    let client = Client::builder().no_proxy().build()?;
    fetch_all(&client, job.in_flight, job.warm_up()).await?;

    let work = job.work();
    let meter = Meter::start()?;
    let tally = fetch_all(&client, job.in_flight, work).await?;
    meter.report(job, &tally)
}

async fn fetch_all(client: &Client, in_flight: usize, work: Work) -> Result<Tally, Failure> {
    let mut workers = JoinSet::new();
    for _ in 0..in_flight {
        workers.spawn(worker(client.clone(), work.clone()));
    }
    let mut total = Tally::default();
    while let Some(tally) = workers.join_next().await {
        total.merge(&tally??);
    }
    Ok(total)
}

async fn worker(client: Client, work: Work) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    while let Some(url) = work.next() {
        let response = client.get(url).send().await?;
        let status = response.status().as_u16();
        tally.add(status, response.bytes().await?.len());
    }
    Ok(tally)
}
