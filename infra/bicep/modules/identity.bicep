// The identity that the portal runs under. It stands apart from the rest so that its rights, which take minutes to work, are given
// while the slow parts are still being made.

@description('The name of the identity.')
param identityName string

@description('The Azure region.')
param location string

@description('Tags for every resource.')
param tags object

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: identityName
  location: location
  tags: tags
}

@description('The resource id of the identity.')
output id string = identity.id

@description('The client id of the identity, by which its tokens are asked for.')
output clientId string = identity.properties.clientId

@description('The object id of the identity, for role assignments.')
output principalId string = identity.properties.principalId
