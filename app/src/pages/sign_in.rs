//! `/sign-in`: what this is, the way in, and what the portal will ask for and why.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::components::consent::ConsentLink;
use crate::components::organisation::{Banner, BrandMark, OrganisationLinks};
use crate::context::context;
use crate::shell::Title;

/// The page.
#[component]
pub(crate) fn SignIn() -> impl IntoView {
    let site = context().site;
    let query = use_query_map().get_untracked();
    let return_to = query.get("return_to").unwrap_or_default();
    let href = if return_to.is_empty() {
        "/auth/sign-in".to_owned()
    } else {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("return_to", &return_to)
            .finish();
        format!("/auth/sign-in?{query}")
    };
    let sign_out_url = site.sign_out_url.clone();
    let signed_out = query.get("signed_out").is_some().then(|| {
        view! {
            <p class="notice good-ground" role="status">
                <span>"You are signed out, and the portal has deleted your tokens. Microsoft still knows you in this browser: "<a href=sign_out_url rel="noreferrer">"sign out there as well"</a>"."</span>
            </p>
        }
    });
    let permissions = site.permissions.iter().map(|permission| {
        view! {
            <tr><th scope="row"><code>{permission.scope.clone()}</code></th><td data-label="What for">{permission.purpose.clone()}</td><td data-label="Who can consent">{permission.consent.clone()}</td></tr>
        }
    });
    let asked = view! {
            <details>
                <summary>"What the portal asks for, and why"</summary>
                <p>"Delegated permissions only: the portal acts as you, while you are signed in, and holds no secret of its own."</p>
                <div class="scroll" tabindex="0" role="region" aria-label="Permissions">
                    <table class="permissions cards">
                        <thead><tr><th scope="col">"Permission"</th><th scope="col">"What for"</th><th scope="col">"Who can consent"</th></tr></thead>
                        <tbody>{permissions.collect_view()}</tbody>
                    </table>
                </div>
            </details>
    }
    .into_any();
    let main = view! {
        <main class="lone" id="content">
            <p class="brand"><BrandMark/></p>
            <h1>"Activate your Microsoft Entra roles"</h1>
            <p>"All roles you are eligible for in one list: Entra roles, groups and Azure resources. You see what each asks for before anything is sent, and what really became of it afterwards."</p>
            {signed_out}
            <p class="after"><a class="button primary" href=href>"Sign in"</a></p>
            <h2>"An administrator has to consent first"</h2>
            <p>"Once for the whole organisation. If sign-in says that approval is needed, send this link to a Privileged Role Administrator or Global Administrator:"</p>
            <ConsentLink/>
            {asked}
            <OrganisationLinks/>
        </main>
    }
    .into_any();
    view! {
        <Title text="Sign in"/>
        <Banner/>
        {main}
        <crate::islands::Copy/>
    }
}
