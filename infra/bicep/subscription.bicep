// As main.bicep, and makes the resource group: for `azd` and for `az deployment sub create`.

targetScope = 'subscription'

@description('The resource group to make.')
param resourceGroupName string = 'rg-pim-portal'

@description('The Azure region.')
param location string = deployment().location

@description('The image, with a digest or an exact version.')
param image string

@description('The beginning of every name. Small letters, digits and hyphens.')
@minLength(2)
@maxLength(24)
param name string = 'pim-portal'

@description('The application (client) id of a registration that exists. Leave it empty to have one made, which needs rights in the directory.')
param clientId string = ''

@description('The name of an Azure container registry in that resource group that holds the image. Leave it empty for a public image.')
param registryName string = ''

@description('A host name of your own. Its CNAME and TXT records have to exist first.')
param customDomain string = ''

@description('Set to true from the second deployment with customDomain on: the certificate exists by then.')
param customDomainCertificateExists bool = false

@description('One outgoing address that stays the same, for policies that look at places. It has to be chosen with the first deployment.')
param fixedOutgoingAddress bool = false

@description('Tags for every resource.')
param tags object = {}

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: resourceGroupName
  location: location
  tags: tags
}

module main 'main.bicep' = {
  name: name
  scope: group
  params: {
    image: image
    name: name
    location: location
    clientId: clientId
    registryName: registryName
    customDomain: customDomain
    customDomainCertificateExists: customDomainCertificateExists
    fixedOutgoingAddress: fixedOutgoingAddress
    tags: tags
  }
}

@description('Where the portal is.')
output portalUrl string = main.outputs.portalUrl

@description('The application (client) id.')
output clientId string = main.outputs.clientId

@description('The redirect URI of sign-in.')
output redirectUri string = main.outputs.redirectUri

@description('The link that an administrator opens to grant the permissions for the organisation.')
output adminConsentUrl string = main.outputs.adminConsentUrl

@description('The outgoing address to trust in policies; empty when it changes.')
output outgoingAddress string = main.outputs.outgoingAddress
