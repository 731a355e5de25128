#!/usr/bin/env bash
# Registers the portal in Microsoft Entra with the Azure CLI, for those without Bicep, and prints the link for the administrator's
# consent. Running it again changes the same registration: it is found by its unique name.
#
# Delegated permissions only, no secret. It consents to nothing: that is for the administrator who opens the link.
set -euo pipefail

usage() {
  cat <<'USAGE'
register.sh --public-url https://pim.example.com [options]

  --public-url ORIGIN     the origin of the portal, as browsers see it (required)
  --name NAME             what people see when they sign in; default "PIM portal"
  --unique-name NAME      the key by which the registration is found again; default pim-portal
  --planes LIST           some of entra,groups,azure; default all
  --allowed-tenants LIST  ids of further tenants that may be entered; makes the registration multi-tenant
  --federated-issuer URL, --federated-subject TEXT
                          the portal authenticates itself with a token of this issuer about this subject (client_auth
                          assertion-file or managed-identity); without them it is a public client
  --assignment-required   only people assigned to the enterprise application may sign in

Sign in first, to the tenant that the portal is for: az login --tenant <id> --allow-no-subscriptions
USAGE
}

fail() {
  printf '%s\n' "$1" >&2
  exit 1
}

public_url=''
name='PIM portal'
unique_name='pim-portal'
planes='entra,groups,azure'
assignment_required=false
allowed_tenants=''
issuer=''
subject=''
while [ $# -gt 0 ]; do
  case "$1" in
    --assignment-required) assignment_required=true; shift; continue ;;
    --help | -h) usage; exit 0 ;;
    --public-url | --name | --unique-name | --planes | --allowed-tenants | --federated-issuer | --federated-subject) [ $# -ge 2 ] || fail "$1 wants a value" ;;
    *) usage >&2; fail "unknown option: $1" ;;
  esac
  case "$1" in
    --public-url) public_url=$2 ;;
    --name) name=$2 ;;
    --unique-name) unique_name=$2 ;;
    --planes) planes=$2 ;;
    --allowed-tenants) allowed_tenants=$2 ;;
    --federated-issuer) issuer=$2 ;;
    --federated-subject) subject=$2 ;;
  esac
  shift 2
done

[[ $public_url =~ ^https://[A-Za-z0-9.-]+(:[0-9]+)?$ ]] || fail '--public-url has to be an origin with https: https://pim.example.com'
[[ $name =~ ^[A-Za-z0-9\ ._()-]+$ ]] || fail '--name: letters, digits, blanks and ._()- only'
[[ $unique_name =~ ^[A-Za-z0-9._-]+$ ]] || fail '--unique-name: letters, digits and ._- only'
[ -z "$issuer$subject" ] || [[ $issuer =~ ^https://[A-Za-z0-9./_:-]+$ ]] || fail '--federated-issuer has to be an address with https'
[ -z "$issuer$subject" ] || [[ $subject =~ ^[A-Za-z0-9./_:-]+$ ]] || fail '--federated-subject: letters, digits and ./_:- only'
guid='[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}'
[ -z "$allowed_tenants" ] || [[ $allowed_tenants =~ ^$guid(,$guid)*$ ]] ||
  fail '--allowed-tenants: ids of tenants (GUIDs) with commas between'
has_entra=false
has_groups=false
has_azure=false
for plane in ${planes//,/ }; do
  case "$plane" in
    entra) has_entra=true ;;
    groups) has_groups=true ;;
    azure) has_azure=true ;;
    *) fail "--planes: $plane is none of entra, groups, azure" ;;
  esac
done
$has_entra || $has_groups || $has_azure || fail '--planes: write at least one of entra, groups, azure'
command -v az >/dev/null || fail 'The Azure CLI (az) is missing: https://learn.microsoft.com/cli/azure/install-azure-cli'

# Well-known ids of Microsoft's own applications, the same in every tenant.
microsoft_graph='00000003-0000-0000-c000-000000000000'
azure_service_management='797f4846-ba00-4fd7-ba43-dac1f8f63013'

# Delegated permissions. A test compares ids and names with the table of the code.
always='
37f7f235-527c-4136-accd-4a02d197296e # openid
14dad69e-099b-42c9-810b-d002981feec1 # profile
64a6cdd6-aab1-4aaf-94b8-3cc8405e90d0 # email
7427e0e9-2fba-42fe-b0c0-848c9e6a8182 # offline_access
e1fe6dd8-ba31-4d61-89e7-88639da4683d # User.Read
'
forEntra='
d01b97e9-cbc0-49fe-810a-750afd5527a3 # RoleManagement.ReadWrite.Directory
3361d15d-be43-4de6-b441-3c746d05163d # AdministrativeUnit.Read.All
'
forGroups='
32531c59-1f32-461f-b8df-6f8a3b89f73b # PrivilegedAccess.ReadWrite.AzureADGroup
7e26fdff-9cb1-4e56-bede-211fe0e420e8 # RoleManagementPolicy.Read.AzureADGroup
'
forDirectory='
572fea84-0151-49b2-9301-11cb16974376 # Policy.Read.All
e4c9e354-4dc5-45b8-9e7c-e1393b0b1a20 # AuditLog.Read.All
'
forAzure='
41094075-9dad-400e-a0bd-54e686782033 # user_impersonation
'

# The JSON of one API and its permissions: the id of the API, then the lists.
access() {
  local api=$1 entries='' id
  while read -r id _; do
    [ -z "$id" ] || entries="$entries${entries:+,}{\"id\":\"$id\",\"type\":\"Scope\"}"
  done <<<"$2"
  printf '{"resourceAppId":"%s","resourceAccess":[%s]}' "$api" "$entries"
}

lists=$always
if $has_entra; then lists+=$forEntra; fi
if $has_groups; then lists+=$forGroups; fi
if $has_entra || $has_groups; then lists+=$forDirectory; fi
required=$(access "$microsoft_graph" "$lists")
if $has_azure; then required+=,$(access "$azure_service_management" "$forAzure"); fi

# An address lies on one platform, and the platform decides whether the client authenticates itself.
redirects="\"$public_url/auth/callback\", \"$public_url/auth/admin-consent\", \"$public_url/sign-in\""
public_redirects=$redirects
web_redirects=''
if [ -n "$issuer" ]; then public_redirects='' web_redirects=$redirects; fi

# Which of the other tenants is let in is the portal's own check.
signs_in='AzureADMyOrg'
if [ -n "$allowed_tenants" ]; then signs_in='AzureADMultipleOrgs'; fi

application=$(
  cat <<JSON
{
  "displayName": "$name",
  "signInAudience": "$signs_in",
  "isFallbackPublicClient": false,
  "publicClient": { "redirectUris": [$public_redirects] },
  "web": { "homePageUrl": "$public_url", "redirectUris": [$web_redirects] },
  "requiredResourceAccess": [$required]
}
JSON
)
service_principal=$(
  cat <<JSON
{
  "appRoleAssignmentRequired": $assignment_required,
  "tags": ["WindowsAzureActiveDirectoryIntegratedApp"]
}
JSON
)

tenant=$(az account show --query tenantId --output tsv) || fail 'Sign in first: az login --tenant <id> --allow-no-subscriptions'
graph=$(az cloud show --query endpoints.microsoftGraphResourceId --output tsv)
graph=${graph%/}
login=$(az cloud show --query endpoints.activeDirectory --output tsv)
login=${login%/}

# Creates what is missing and changes what is there, in one call:
# https://learn.microsoft.com/graph/api/application-upsert and .../serviceprincipal-upsert
upsert() {
  az rest --method PATCH --url "$graph/v1.0/$1" --headers 'Content-Type=application/json' 'Prefer=create-if-missing' \
    --body "$2" --output none
}

# The directory needs a moment until every part of it knows what was just made.
patiently() {
  local attempt
  for attempt in 1 2 3 4 5; do
    if "$@"; then return 0; fi
    [ "$attempt" -eq 5 ] || sleep "${RETRY_SECONDS:-5}"
  done
  return 1
}

find_client_id() {
  client_id=$(az rest --method GET --url "$graph/v1.0/applications(uniqueName='$unique_name')?\$select=appId" --query appId --output tsv) &&
    [ -n "$client_id" ]
}

upsert "applications(uniqueName='$unique_name')" "$application" ||
  fail 'The registration could not be made. It takes a role that may create applications, such as Application Developer.'
client_id=''
patiently find_client_id || fail 'The registration was made and cannot be read yet. Run the same command again in a minute.'
patiently upsert "servicePrincipals(appId='$client_id')" "$service_principal" ||
  fail 'The service principal could not be made. Run the same command again in a minute.'

if [ -n "$issuer" ]; then
  case "$login" in
    *.us) audience='api://AzureADTokenExchangeUSGov' ;;
    *.cn) audience='api://AzureADTokenExchangeChina' ;;
    *) audience='api://AzureADTokenExchange' ;;
  esac
  patiently upsert "applications(uniqueName='$unique_name')/federatedIdentityCredentials(name='portal')" \
    "{\"issuer\": \"$issuer\", \"subject\": \"$subject\", \"audiences\": [\"$audience\"]}" ||
    fail 'The federated credential could not be made. Run the same command again in a minute.'
fi

encode() {
  local text=${1//:/%3A}
  printf '%s' "${text//\//%2F}"
}

consent_link() {
  printf '  %s/%s/v2.0/adminconsent?client_id=%s&scope=%s&redirect_uri=%s&state=cli\n' \
    "$login" "$1" "$client_id" "$(encode "$graph/.default")" "$(encode "$public_url/auth/admin-consent")"
}

cat <<DONE
Registered. Settings of the portal:

  PIM_PORTAL_PUBLIC_URL=$public_url
  PIM_PORTAL_TENANT_ID=$tenant
  PIM_PORTAL_CLIENT_ID=$client_id
  PIM_PORTAL_PLANES=$planes${allowed_tenants:+
  PIM_PORTAL_ALLOWED_TENANTS=$allowed_tenants}

An administrator grants the permissions for the organisation here:

$(consent_link "$tenant")
DONE

if [ -n "$allowed_tenants" ]; then
  printf '\nAn administrator of each of the other tenants does so for theirs:\n\n'
  for allowed in ${allowed_tenants//,/ }; do consent_link "$allowed"; done
fi
