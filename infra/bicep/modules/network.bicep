// A virtual network, for either of two reasons: a subnet beside the environment's that the database lies in, or one outgoing address
// that stays the same (a NAT gateway), for Conditional Access policies that look at places.

@description('The beginning of every name.')
param name string

@description('The Azure region.')
param location string

@description('Tags for every resource.')
param tags object

@description('Whether outgoing calls leave by one address that stays the same.')
param fixedAddress bool

@description('Whether a database lies in the network.')
param forDatabase bool

resource address 'Microsoft.Network/publicIPAddresses@2024-05-01' = if (fixedAddress) {
  name: 'pip-${name}'
  location: location
  tags: tags
  sku: {
    name: 'Standard'
  }
  properties: {
    publicIPAllocationMethod: 'Static'
    publicIPAddressVersion: 'IPv4'
  }
}

resource gateway 'Microsoft.Network/natGateways@2024-05-01' = if (fixedAddress) {
  name: 'ng-${name}'
  location: location
  tags: tags
  sku: {
    name: 'Standard'
  }
  properties: {
    publicIpAddresses: [
      {
        id: address.id
      }
    ]
  }
}

var apps = {
  name: 'apps'
  properties: {
    addressPrefix: '10.42.0.0/27'
    natGateway: fixedAddress ? { id: gateway.id } : null
    delegations: [
      {
        name: 'apps'
        properties: {
          serviceName: 'Microsoft.App/environments'
        }
      }
    ]
  }
}
var database = {
  name: 'database'
  properties: {
    addressPrefix: '10.42.0.32/28'
    delegations: [
      {
        name: 'database'
        properties: {
          serviceName: 'Microsoft.DBforPostgreSQL/flexibleServers'
        }
      }
    ]
  }
}

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: 'vnet-${name}'
  location: location
  tags: tags
  properties: {
    addressSpace: {
      addressPrefixes: [
        '10.42.0.0/24'
      ]
    }
    subnets: forDatabase ? [apps, database] : [apps]
  }
}

@description('The resource id of the network.')
output networkId string = network.id

@description('The resource id of the subnet for the environment.')
output subnetId string = '${network.id}/subnets/apps'

@description('The resource id of the subnet for the database; empty without one.')
output databaseSubnetId string = forDatabase ? '${network.id}/subnets/database' : ''

@description('The address that Microsoft sees; empty when it changes.')
output address string = fixedAddress ? address!.properties.ipAddress : ''
