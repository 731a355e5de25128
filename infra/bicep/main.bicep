// pim-portal on Azure Container Apps, into a resource group that exists. subscription.bicep makes the group as well.
//
// No secret goes in, none comes out, and no resource holds one: the registration has no credential, logs leave without a key, and
// the image is pulled by an identity. The guide is docs/deploy/azure-container-apps.md.

metadata name = 'pim-portal'
metadata description = 'A self-hosted portal for Microsoft Entra Privileged Identity Management.'

targetScope = 'resourceGroup'

@description('The image, with a digest or an exact version: registry.example.com/pim-portal@sha256:...')
param image string

@description('The beginning of every name. Small letters, digits and hyphens.')
@minLength(2)
@maxLength(24)
param name string = 'pim-portal'

@description('The Azure region.')
param location string = resourceGroup().location

@description('The name that people see when they sign in and consent.')
param displayName string = 'PIM portal'

@description('The application (client) id of a registration that exists. Leave it empty to have one made, which needs rights in the directory.')
param clientId string = ''

@description('The tenant that people sign in to.')
param tenantId string = tenant().tenantId

@description('The cloud that people sign in to.')
param cloud ('public' | 'usgov' | 'usgov-dod' | 'china') = az.environment().name == 'AzureUSGovernment' ? 'usgov' : (az.environment().name == 'AzureChinaCloud' ? 'china' : 'public')

@description('The planes that are on. A plane that is off takes its permissions with it.')
param planes ('entra' | 'groups' | 'azure')[] = [
  'entra'
  'groups'
  'azure'
]

@description('How the portal authenticates itself to Entra. "none": a public client. "managed-identity": with a token of its own identity; a registration that exists (clientId) has to be set up for it.')
param clientAuth ('none' | 'managed-identity') = 'none'

@description('Only people and groups assigned to the enterprise application may sign in.')
param assignmentRequired bool = false

@description('The name of an Azure container registry in this resource group that holds the image. Leave it empty for a public image.')
param registryName string = ''

@description('A host name of your own, such as pim.example.com. Its CNAME and TXT records have to exist first.')
param customDomain string = ''

@description('Set to true from the second deployment with customDomain on: the certificate exists by then.')
param customDomainCertificateExists bool = false

@description('Address ranges (CIDR) that may open the portal. Leave it empty for all.')
param allowedAddresses string[] = []

@description('One outgoing address that stays the same, for policies that look at places. It has to be chosen with the first deployment.')
param fixedOutgoingAddress bool = false

@description('What the portal logs.')
param logFilter string = 'info,sqlx=warn,tower_sessions_core=error'

@description('How many days logs are kept.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 90

@description('Tags for every resource.')
param tags object = {}

var graphHosts = {
  public: 'https://graph.microsoft.com'
  usgov: 'https://graph.microsoft.us'
  'usgov-dod': 'https://dod-graph.microsoft.us'
  china: 'https://microsoftgraph.chinacloudapi.cn'
}

module network 'modules/network.bicep' = if (fixedOutgoingAddress) {
  name: '${name}-network'
  params: {
    name: name
    location: location
    tags: tags
  }
}

module environment 'modules/environment.bicep' = {
  name: '${name}-environment'
  params: {
    name: name
    location: location
    logRetentionDays: logRetentionDays
    subnetId: fixedOutgoingAddress ? network!.outputs.subnetId : ''
    tags: tags
  }
}

// The host is known once the environment exists, so the registration can name it before the app does.
var host = empty(customDomain) ? '${name}.${environment.outputs.defaultDomain}' : customDomain
var publicUrl = 'https://${host}'
var adminConsentReturn = '${publicUrl}/auth/admin-consent'

module registration 'modules/app-registration.bicep' = if (empty(clientId)) {
  name: '${name}-registration'
  params: {
    uniqueName: '${name}-${uniqueString(resourceGroup().id)}'
    displayName: displayName
    publicUrl: publicUrl
    planes: planes
    assignmentRequired: assignmentRequired
    clientAuth: clientAuth
    identityPrincipalId: environment.outputs.identityPrincipalId
  }
}

var appId = empty(clientId) ? registration!.outputs.clientId : clientId

module registryAccess 'modules/registry-access.bicep' = if (!empty(registryName)) {
  name: '${name}-registry'
  params: {
    registryName: registryName
    principalId: environment.outputs.identityPrincipalId
  }
}

module portal 'modules/portal.bicep' = {
  name: '${name}-portal'
  params: {
    appName: name
    location: location
    tags: tags
    environmentName: environment.outputs.environmentName
    identityId: environment.outputs.identityId
    identityClientId: environment.outputs.identityClientId
    clientAuth: clientAuth
    image: image
    registryServer: empty(registryName) ? '' : registryAccess!.outputs.loginServer
    publicUrl: publicUrl
    clientId: appId
    tenantId: tenantId
    cloud: cloud
    planes: planes
    logFilter: logFilter
    customDomain: customDomain
    certificateExists: customDomainCertificateExists
    allowedAddresses: allowedAddresses
  }
}

@description('Where the portal is.')
output portalUrl string = publicUrl

@description('The application (client) id.')
output clientId string = appId

@description('The redirect URI of sign-in. A registration made by hand has to list it under "Mobile and desktop applications", with clientAuth under "Web".')
output redirectUri string = '${publicUrl}/auth/callback'

@description('The link that an administrator opens to grant the permissions for the organisation.')
output adminConsentUrl string = '${az.environment().authentication.loginEndpoint}${tenantId}/v2.0/adminconsent?client_id=${appId}&scope=${uriComponent('${graphHosts[cloud]}/.default')}&redirect_uri=${uriComponent(adminConsentReturn)}&state=bicep'

@description('What a CNAME record of a domain of your own points at.')
output fqdn string = portal.outputs.fqdn

@description('What its TXT record asuid.<host> has to hold.')
output domainVerificationId string = portal.outputs.domainVerificationId

@description('The outgoing address to trust in policies; empty when it changes.')
output outgoingAddress string = fixedOutgoingAddress ? network!.outputs.address : ''
