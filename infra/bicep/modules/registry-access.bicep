// Lets the identity pull the portal's image from a registry of yours, without a password.

@description('The name of an Azure container registry in this resource group.')
param registryName string

@description('The object id of the identity that pulls.')
param principalId string

// "AcrPull", the same id in every tenant.
var acrPull = '7f951dda-4ed3-4680-a7ca-43fe172d538d'

resource registry 'Microsoft.ContainerRegistry/registries@2023-07-01' existing = {
  name: registryName
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(registry.id, principalId, acrPull)
  scope: registry
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', acrPull)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

@description('The host of the registry.')
output loginServer string = registry.properties.loginServer
